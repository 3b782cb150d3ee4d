// Exports log records with OpenTelemetry's SDK for JavaScript: node otlp_exporter.js EXPORTER URL TENANT COUNT
// EXPORTER is -otlp-http (JSON), -otlp-proto (protobuf over HTTP) or -otlp-grpc; gzip is on.
const { LoggerProvider, BatchLogRecordProcessor } = require("@opentelemetry/sdk-logs");
const { resourceFromAttributes } = require("@opentelemetry/resources");
const [, , name, url, tenant, count] = process.argv;
const { OTLPLogExporter } = require(`@opentelemetry/exporter-logs${name}`);

const options = { url, compression: "gzip", headers: { "X-Scope-OrgID": tenant } };
if (name === "-otlp-grpc") {
  const grpc = require("@grpc/grpc-js");
  delete options.headers;
  options.metadata = new grpc.Metadata();
  options.metadata.set("x-scope-orgid", tenant);
  options.credentials = grpc.credentials.createInsecure();
}
const exporter = new OTLPLogExporter(options);
const batching = { exporter, maxQueueSize: 10_000, scheduledDelayMillis: 50 };
let processor;
try {
  processor = new BatchLogRecordProcessor(batching);
} catch {
  processor = new BatchLogRecordProcessor(exporter, batching);
}
const provider = new LoggerProvider({
  resource: resourceFromAttributes({ "service.name": "js", "host.name": "n1" }),
  processors: [processor],
});
const logger = provider.getLogger("shop.cart", "1.0");
for (let n = 0; n < Number(count); n++) {
  logger.emit({
    body: `order ${n} from café`,
    severityNumber: 13,
    severityText: "WARN",
    attributes: { order: n, vip: true, share: 0.5, tags: ["a", "b"], cart: { id: "c1" } },
  });
}
provider.shutdown().then(
  () => process.exit(0),
  (error) => {
    console.error(error);
    process.exit(1);
  },
);
