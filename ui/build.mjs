// Bundles the UI into the Python package, under names that never change, so that a commit of the
// bundle is a readable list of the same few files. `--tests` bundles the unit tests for node's runner.
import { build, context } from 'esbuild';
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, '../src/prologue/serve/static');

/** `import css from 'x.css?text'`: a style sheet as text, for a shadow root. */
const text = {
  name: 'text',
  setup(setup) {
    setup.onResolve({ filter: /\?text$/ }, async (args) => {
      const found = await setup.resolve(args.path.replace(/\?text$/, ''), { kind: args.kind, resolveDir: args.resolveDir });
      return { ...found, namespace: 'text' };
    });
    setup.onLoad({ filter: /.*/, namespace: 'text' }, (args) => ({ contents: readFileSync(args.path, 'utf8'), loader: 'text' }));
  },
};

const bundle = {
  absWorkingDir: here,
  entryPoints: [
    { in: 'src/main.ts', out: 'app' },
    { in: 'src/boot.ts', out: 'boot' },
    { in: 'src/styles/app.css', out: 'app' },
  ],
  outdir: out,
  plugins: [text],
  bundle: true,
  minify: true,
  format: 'iife',
  target: ['es2022', 'chrome111', 'firefox115', 'safari16.4'],
  charset: 'utf8',
  legalComments: 'none', // whole licence texts are in licenses.txt
  loader: { '.woff2': 'file' },
  assetNames: 'fonts/[name]',
  logLevel: 'info',
};

/** The licence of every package that ends up in the bundle, as their licences ask. */
function writeLicenses() {
  const lock = JSON.parse(readFileSync(join(here, 'package-lock.json'), 'utf8'));
  const texts = Object.entries(lock.packages)
    .filter(([path, entry]) => path && !entry.dev && !entry.optional)
    .map(([path, entry]) => {
      const folder = join(here, path);
      const file = readdirSync(folder).find((name) => /^licen[sc]e/i.test(name));
      const text = file ? readFileSync(join(folder, file), 'utf8').trim() : `Licensed under ${entry.license}.`;
      return `${path.replace('node_modules/', '')} ${entry.version}\n\n${text}`;
    });
  writeFileSync(join(out, 'licenses.txt'), texts.join(`\n\n${'-'.repeat(80)}\n\n`) + '\n');
}

const filesUnder = (folder) => readdirSync(folder, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => join(entry.parentPath ?? entry.path, entry.name));

/** What the bundle was made from and what it is: a test compares both, so that neither is edited alone. */
function writeRecord() {
  const name = (path, base) => relative(base, path).split(sep).join('/');
  const order = (a, b) => (a < b ? -1 : 1);
  const sources = createHash('sha256');
  const inputs = [...filesUnder(join(here, 'src')), ...['build.mjs', 'package-lock.json', 'tsconfig.json'].map((f) => join(here, f))];
  for (const path of inputs.map((p) => name(p, here)).sort(order)) {
    sources.update(`${path}\0`).update(readFileSync(join(here, path))).update('\0');
  }
  const files = Object.fromEntries(filesUnder(out).map((path) => name(path, out)).sort(order)
    .map((path) => [path, createHash('sha256').update(readFileSync(join(out, path))).digest('hex')]));
  writeFileSync(join(here, 'bundle.json'), JSON.stringify({ sources: sources.digest('hex'), files }, null, 2) + '\n');
}

async function buildApp(watch) {
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out, { recursive: true });
  for (const name of ['index.html', 'favicon.svg']) cpSync(join(here, 'src', name), join(out, name));
  writeLicenses();
  if (watch) await (await context(bundle)).watch();
  else {
    await build(bundle);
    writeRecord();
  }
}

async function buildTests() {
  await build({
    absWorkingDir: here,
    entryPoints: readdirSync(join(here, 'test')).filter((f) => f.endsWith('.ts')).map((f) => `test/${f}`),
    outdir: '.tests',
    bundle: true,
    platform: 'node',
    format: 'esm',
    logLevel: 'warning',
  });
}

await (process.argv.includes('--tests') ? buildTests() : buildApp(process.argv.includes('--watch')));
