/** Makes bundle.js, bundle.css and the licences of what is in them: `node build.mjs FOLDER`. */

import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));
const folder = process.argv[2] ?? join(here, 'dist');
const common = {
  absWorkingDir: here,
  bundle: true,
  minify: true,
  write: false,
  legalComments: 'none',
  charset: 'utf8',
};

const script = await build({
  ...common,
  entryPoints: ['src/main.js'],
  format: 'iife',
  target: 'es2022',
  metafile: true,
});
const style = await build({
  ...common,
  entryPoints: ['page.css'],
  target: ['chrome111', 'firefox113', 'safari16.2'],
});

await mkdir(folder, { recursive: true });
await writeFile(join(folder, 'bundle.js'), embeddable(script.outputFiles[0].text));
await writeFile(join(folder, 'bundle.css'), embeddable(style.outputFiles[0].text));
await writeFile(
  join(folder, 'bundle.licenses.txt'),
  await licences(Object.keys(script.metafile.inputs)),
);

/** What would end the element that the text is put into. */
function embeddable(text) {
  if (/<\/(script|style)|<!--/i.test(text))
    throw new Error('the bundle holds text that ends a script or style element');
  return text.trim();
}

async function licences(inputs) {
  const names = new Set(
    inputs.map((input) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(input)?.[1]).filter(Boolean),
  );
  const texts = await Promise.all([...names].sort().map(licence));
  return `What the lineage page is made of besides seeknal itself.\n\n${texts.join('\n')}`;
}

async function licence(name) {
  const place = join(here, 'node_modules', name);
  const { version, license } = JSON.parse(await readFile(join(place, 'package.json'), 'utf8'));
  const file = (await readdir(place)).find((entry) => /^licen[cs]e/i.test(entry));
  const text = await readFile(join(place, file), 'utf8');
  return `${'='.repeat(80)}\n${name} ${version} (${license})\n\n${text.trim()}\n`;
}
