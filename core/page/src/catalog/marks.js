/** Small signs that stand for a node: its kind's glyph, its name as a link, how its last run ended. */

import { formatInCatalog } from '../address.js';
import { h, s } from '../dom.js';
import { glyph, kindKey, kindLabel, statusKey } from '../kinds.js';

/** Metrics and the like are said, not built: no run ends well or badly for them. */
export const isBuilt = (node) => node.does !== 'describes';

export const kindMark = (kind) =>
  s(
    'svg',
    { class: 'kind-mark', viewBox: '0 0 16 16', 'aria-hidden': 'true' },
    s('path', { d: glyph(kind) }),
  );

/** Shape and colour both tell the status. */
export const statusMark = (status) =>
  h('span', { class: 'dot', 'data-status': statusKey(status), title: status });

/** A description; what it has in backticks is code. */
export const prose = (text) =>
  text
    .split(/(`[^`\n]+`)/)
    .map((part, index) => (index % 2 ? h('code', null, part.slice(1, -1)) : part));

export const addressOf = (node, column = null) => `#${formatInCatalog({ node, column })}`;

/** A node by its name; what else tells it apart stands beside it. */
export function nodeLink(node, aside = kindLabel(node.kind)) {
  return h(
    'a',
    {
      class: 'node-link',
      href: addressOf(node.id),
      'data-kind': kindKey(node.kind),
      'data-to-node': node.id,
    },
    kindMark(node.kind),
    h('span', { class: 'node-name' }, node.name),
    aside ? h('span', { class: 'muted' }, aside) : null,
  );
}

/** `links`, with all but the first behind a switch where there are many. */
export function shortened(links, most, more = 'more') {
  const list = (items) =>
    h(
      'ul',
      { class: 'node-list' },
      items.map((item) => h('li', null, item)),
    );
  if (links.length <= most + 1) return list(links);
  return [
    list(links.slice(0, most)),
    h(
      'details',
      { class: 'further' },
      h('summary', null, `${links.length - most} ${more}`),
      list(links.slice(most)),
    ),
  ];
}
