// Sends events with @fluent-org/logger as its options say: node fluent_logger.js PORT TAG COUNT OPTIONS(JSON)
const { FluentClient } = require("@fluent-org/logger");

const [, , port, tag, count, options] = process.argv;
const { socket, ...rest } = JSON.parse(options);
const client = new FluentClient(tag, {
  ...rest,
  flushInterval: 20,
  socket: { host: "127.0.0.1", port: Number(port), timeout: 5000, ...socket },
});

async function main() {
  const sent = [];
  for (let n = 0; n < Number(count); n++) {
    sent.push(client.emit("orders", { message: `order ${n} placed`, level: "warn", order: { id: n, shop: "café" } }));
  }
  await Promise.all(sent);
  await client.shutdown();
}

main().then(
  () => process.exit(0),
  (error) => {
    console.error(error);
    process.exit(1);
  },
);
