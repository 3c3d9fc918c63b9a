/** The graph as a picture: an SVG that needs nothing else, and a PNG made of it. */

import { s } from './dom.js';
import { drawAll } from './graph.js';

const MARGIN = 64;
const MOST_PIXELS = 8000;

/** The whole scene as the text of an SVG file, in the colours shown now. */
export function svgText(scene, title) {
  const [width, height] = [scene.width + 2 * MARGIN, scene.height + 2 * MARGIN];
  const svg = s(
    'svg',
    {
      xmlns: 'http://www.w3.org/2000/svg',
      class: 'graph export',
      viewBox: `${-MARGIN} ${-MARGIN} ${width} ${height}`,
      width,
      height,
      'data-tracing': Boolean(scene.lit),
    },
    s('title', null, title),
    s('style', null, graphStyles()),
    s('rect', { class: 'ground', x: -MARGIN, y: -MARGIN, width, height }),
    drawAll(scene),
  );
  return printable(new XMLSerializer().serializeToString(svg));
}

/** @returns {Promise<Blob>} a PNG, two pixels for one unless that gets too large */
export async function pngOf(text, scene) {
  const [width, height] = [scene.width + 2 * MARGIN, scene.height + 2 * MARGIN];
  const scale = Math.min(2, MOST_PIXELS / Math.max(width, height));
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
  await image.decode();
  const canvas = Object.assign(document.createElement('canvas'), {
    width: Math.ceil(width * scale),
    height: Math.ceil(height * scale),
  });
  canvas.getContext('2d').drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve) => canvas.toBlob(resolve, 'image/png'));
}

/** Offers a blob as a file to keep. */
export function download(blob, name) {
  const address = URL.createObjectURL(blob);
  const anchor = Object.assign(document.createElement('a'), { href: address, download: name });
  anchor.click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

/** The page's rules for the graph, with its variables in the values that they have now. */
function graphStyles() {
  const computed = getComputedStyle(document.documentElement);
  const names = new Set();
  const rules = [...document.styleSheets[0].cssRules].filter((rule) =>
    /\.graph|data-kind/.test(rule.selectorText ?? ''),
  );
  for (const rule of rules)
    for (const [, name] of rule.cssText.matchAll(/var\((--[\w-]+)/g)) names.add(name);
  names.delete('--kind');
  const variables = [...names]
    .map((name) => `${name}:${computed.getPropertyValue(name)}`)
    .join(';');
  return `.graph{${variables}}\n${rules.map((rule) => rule.cssText).join('\n')}`;
}

/** XML has no place for some control characters, which names may hold all the same. */
const printable = (text) =>
  text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\ufffd');
