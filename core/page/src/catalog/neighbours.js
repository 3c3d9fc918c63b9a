/** What a node reads, what reads it, and what it ends in. */

import { format } from '../address.js';
import { h } from '../dom.js';
import { byFlow, kindKey, kindLabel } from '../kinds.js';
import { count } from '../words.js';
import { kindMark, nodeLink, shortened } from './marks.js';

const MOST = 8;

export function neighbours(lineage, node) {
  const [above, below] = [lineage.upstream.get(node.id), lineage.downstream.get(node.id)];
  return [
    h(
      'div',
      { class: 'around' },
      side(lineage, 'Reads', above, 'It reads no other node.'),
      h(
        'a',
        {
          class: 'here',
          href: `#${format({ node: node.id, column: null })}`,
          'data-kind': kindKey(node.kind),
          title: 'Its lineage in the graph',
        },
        kindMark(node.kind),
        h('span', null, node.name),
        h('span', { class: 'muted' }, 'show in the graph'),
      ),
      side(lineage, 'Read by', below, 'No other node reads it.'),
    ),
    ends(lineage, node),
  ];
}

function side(lineage, title, ids, none) {
  const nodes = [...ids].map((id) => lineage.byId.get(id));
  nodes.sort((a, b) => a.name.localeCompare(b.name));
  return h(
    'div',
    { class: 'side' },
    h(
      'h3',
      null,
      title,
      nodes.length > 1 ? h('span', { class: 'muted' }, ` ${nodes.length}`) : null,
    ),
    nodes.length
      ? shortened(
          nodes.map((one) => nodeLink(one)),
          MOST,
        )
      : h('p', { class: 'muted' }, none),
  );
}

/** Reports, metrics and the like that depend on the node, however far away they are. */
function ends(lineage, node) {
  const found = [...lineage.reach(node.id, 'downstream')]
    .map((id) => lineage.byId.get(id))
    .filter(({ does }) => does === 'delivers' || does === 'describes');
  if (!found.length) return null;
  found.sort((a, b) => byFlow(a.kind, b.kind) || a.name.localeCompare(b.name));
  const kinds = [...Map.groupBy(found, ({ kind }) => kindLabel(kind))];
  return h(
    'div',
    { class: 'ends-in' },
    h(
      'h3',
      null,
      'Ends in ',
      h('span', { class: 'muted' }, kinds.map(([kind, all]) => count(all.length, kind)).join(', ')),
    ),
    shortened(
      found.map((one) => nodeLink(one)),
      MOST,
    ),
  );
}
