// Sends documents with Elastic's client for JavaScript: node elastic_client.js URL RUN COUNT
const { Client } = require("@elastic/elasticsearch");

const [, , node, run, count] = process.argv;

async function main() {
  const client = new Client({ node, compression: true, sniffOnStart: true });
  await client.ping();
  const documents = Array.from({ length: Number(count) }, (_, n) => ({
    "@timestamp": new Date().toISOString(),
    message: `order ${n} placed`,
    run,
    service: { name: "orders-js" },
  }));
  const result = await client.helpers.bulk({
    datasource: documents,
    flushBytes: 20000,
    retries: 0,
    onDocument: () => ({ create: { _index: "logs-js" } }),
    onDrop: (dropped) => {
      throw new Error(JSON.stringify(dropped));
    },
  });
  console.log(JSON.stringify(result));
  await client.close();
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
