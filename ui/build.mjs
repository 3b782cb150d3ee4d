// Bundles the UI into the Python package, under names that never change, so that a commit of the
// bundle is a readable list of the same few files. `--tests` bundles the unit tests for node's runner.
import { build, context } from 'esbuild';
import { cpSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
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

async function buildApp(watch) {
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out, { recursive: true });
  for (const name of ['index.html', 'favicon.svg']) cpSync(join(here, 'src', name), join(out, name));
  writeLicenses();
  if (watch) await (await context(bundle)).watch();
  else await build(bundle);
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
