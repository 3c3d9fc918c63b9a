import { format } from './address.js';
import { h } from './dom.js';

/** What is said of an address that names nothing. */
export const unknownNotice = (address) =>
  address
    ? h('p', { class: 'notice' }, 'Nothing here has the address ', h('code', null, address), '.')
    : null;

/** A link to a node or column; the address does the rest, so that it can be copied and opened. */
export const link = (node, column = null, text = node) =>
  h(
    'a',
    { href: `#${format({ node, column })}`, 'data-to-node': node, 'data-to-column': column },
    text,
  );
