// Sends lines with winston-loki, in protobuf or JSON: node winston_loki.js URL TENANT COUNT protobuf|json
const { LEVEL, MESSAGE } = require("triple-beam");
const LokiTransport = require("winston-loki");

const [, , host, tenant, count, form] = process.argv;
let failures = 0;
const transport = new LokiTransport({
  host,
  headers: { "X-Scope-OrgID": tenant },
  labels: { app: "winston", pod: "p-1" },
  json: form === "json",
  batching: true,
  interval: 1,
  onConnectionError: (error) => {
    failures += 1;
    console.error(error);
  },
});
for (let n = 0; n < Number(count); n++) {
  const message = `order ${n} from café`;
  // As winston hands a line over; the time is what the transport takes from it.
  const info = { level: "warn", message, timestamp: Date.now() + n, [LEVEL]: "warn", [MESSAGE]: message };
  transport.log(info, () => {});
}
transport.flush().then(
  () => process.exit(failures ? 1 : 0),
  (error) => {
    console.error(error);
    process.exit(1);
  },
);
