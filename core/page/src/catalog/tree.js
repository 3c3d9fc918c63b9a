/** The list of all nodes in groups, walked with the arrow keys as a tree is. */

import { fill, h } from '../dom.js';
import { kindKey, kindLabel, statusKey } from '../kinds.js';
import { count, number } from '../words.js';
import { grouped, groupingsOf } from './groups.js';
import { addressOf, isBuilt, kindMark, statusMark } from './marks.js';

const MOST_OPEN = 400;

/** The groups that are open at first: from the top, as long as the list does not get too long. */
function firstOf(groups) {
  let left = MOST_OPEN;
  return groups.filter(({ nodes }) => (left -= nodes.length) >= 0).map(({ value }) => value);
}

export class Tree {
  #open = new Set();
  #current = null;
  #nodes;
  #groupings;
  #grouping;
  #groups;

  constructor(switches, element, nodes) {
    this.switches = switches;
    this.element = element;
    this.#nodes = nodes;
    this.#groupings = groupingsOf(nodes);
    element.addEventListener('click', (event) => {
      const head = event.target.closest('.group-head');
      if (!head) return;
      this.#toggle(head.parentElement);
      this.#hold(head.parentElement);
    });
    element.addEventListener('keydown', (event) => this.#press(event));
    element.addEventListener('focusin', (event) => this.#hold(event.target));
    this.group(this.#groupings[0]?.name);
  }

  get names() {
    return this.#groupings.map(({ name }) => name);
  }

  /** Groups the nodes by `name`; opens the group of `value` if it is said. */
  group(name, value) {
    this.#grouping = this.#groupings.find((one) => one.name === name);
    this.#groups = this.#grouping ? grouped(this.#nodes, this.#grouping) : [];
    this.#open = new Set(value === undefined ? firstOf(this.#groups) : [value]);
    this.#draw();
    this.mark(this.#current, { open: value === undefined });
    if (value === undefined) return;
    const item = this.#items().find((one) => one.dataset.value === String(value));
    item?.scrollIntoView({ block: 'start' });
    item && this.#hold(item, { focus: true });
  }

  /** Shows which node is read now, opening its group when no open one has it. */
  mark(id, { open = true } = {}) {
    this.#current = id;
    for (const link of this.element.querySelectorAll('[aria-current]'))
      link.removeAttribute('aria-current');
    if (id === null) return;
    const holds = (group) => group.nodes.some((node) => node.id === id);
    const holders = this.#groups.filter(holds);
    if (open && holders.length && !holders.some(({ value }) => this.#open.has(value))) {
      const index = this.#groups.indexOf(holders[0]);
      this.#toggle(this.element.children[index]);
    }
    const links = this.#links().filter(({ dataset }) => dataset.node === id);
    for (const link of links) link.setAttribute('aria-current', 'page');
    const [first] = links;
    if (!first) return;
    if (!links.includes(document.activeElement)) {
      this.#hold(first);
      first.scrollIntoView({ block: 'nearest' });
    }
  }

  /** The node `by` places further on in the list as it is grouped, also in closed groups. */
  beside(id, by) {
    const ids = [...new Set(this.#groups.flatMap(({ nodes }) => nodes.map((node) => node.id)))];
    if (id === null) return (by > 0 ? ids[0] : ids.at(-1)) ?? null;
    return ids[ids.indexOf(id) + by] ?? null;
  }

  #draw() {
    fill(
      this.switches,
      this.#groupings.map(({ name, title }) =>
        h(
          'button',
          {
            type: 'button',
            'data-group': name,
            'aria-pressed': String(name === this.#grouping?.name),
            onclick: () => this.#choose(name),
          },
          title,
        ),
      ),
    );
    fill(
      this.element,
      this.#groups.map((group) => this.#group(group)),
      this.#nodes.length ? null : h('li', { role: 'none', class: 'muted' }, 'No nodes yet.'),
    );
    const first = this.element.firstElementChild;
    if (this.#groups.length) first.tabIndex = 0;
  }

  /** The switches are made anew; the keyboard's focus stays on the one that was used. */
  #choose(name) {
    this.group(name);
    this.switches.querySelector('[aria-pressed=true]').focus();
  }

  #group({ value, label, nodes }) {
    const failed = nodes.filter((node) => statusKey(node.status) === 'failed').length;
    const open = this.#open.has(value);
    const kind = this.#grouping.name === 'kind' && value !== null ? value : null;
    return h(
      'li',
      {
        role: 'treeitem',
        'aria-level': 1,
        'aria-expanded': String(open),
        'aria-label': `${label}, ${count(nodes.length, 'node')}${failed ? `, ${failed} failed` : ''}`,
        tabindex: -1,
        'data-value': String(value),
        'data-kind': kind === null ? null : kindKey(kind),
        'data-none': value === null,
      },
      h(
        'div',
        { class: 'group-head' },
        h('span', { class: 'chevron' }),
        kind === null ? null : kindMark(kind),
        h('span', { class: 'group-name' }, label),
        failed
          ? h('span', { class: 'dot', 'data-status': 'failed', title: `${failed} failed` })
          : null,
        h('span', { class: 'muted' }, number(nodes.length)),
      ),
      open ? this.#list(nodes) : null,
    );
  }

  #list(nodes) {
    return h(
      'ul',
      { role: 'group' },
      nodes.map((node) =>
        h(
          'li',
          { role: 'none' },
          h(
            'a',
            {
              role: 'treeitem',
              'aria-level': 2,
              'aria-label': `${node.name}, ${kindLabel(node.kind)}${isBuilt(node) ? `, ${node.status}` : ''}`,
              'aria-current': node.id === this.#current ? 'page' : null,
              tabindex: -1,
              title: [node.id, node.description].filter(Boolean).join('\n'),
              href: addressOf(node.id),
              'data-node': node.id,
              'data-kind': kindKey(node.kind),
            },
            kindMark(node.kind),
            h('span', { class: 'node-name' }, node.name),
            isBuilt(node) ? statusMark(node.status) : null,
          ),
        ),
      ),
    );
  }

  #toggle(item) {
    const group = this.#groups[[...this.element.children].indexOf(item)];
    const open = !this.#open.delete(group.value);
    if (open) this.#open.add(group.value);
    item.setAttribute('aria-expanded', String(open));
    if (open) item.append(this.#list(group.nodes));
    else item.querySelector('ul').remove();
  }

  /** Of the whole tree one item is reached by Tab. */
  #hold(item, { focus = false } = {}) {
    if (item?.getAttribute('role') !== 'treeitem') return;
    for (const other of this.element.querySelectorAll('[tabindex="0"]')) other.tabIndex = -1;
    item.tabIndex = 0;
    if (focus) item.focus();
  }

  #items = () => [...this.element.querySelectorAll('[role=treeitem]')];
  #links = () => [...this.element.querySelectorAll('a[role=treeitem]')];

  #press(event) {
    const item = event.target.closest('[role=treeitem]');
    if (!item || event.ctrlKey || event.metaKey || event.altKey) return;
    const items = this.#items();
    const at = items.indexOf(item);
    const go = (other) => other && this.#hold(other, { focus: true });
    const isGroup = item.matches('li');
    const open = item.getAttribute('aria-expanded') === 'true';
    const actions = {
      ArrowDown: () => go(items[at + 1]),
      ArrowUp: () => go(items[at - 1]),
      Home: () => go(items[0]),
      End: () => go(items.at(-1)),
      ArrowRight: () => isGroup && (open ? go(items[at + 1]) : this.#toggle(item)),
      ArrowLeft: () =>
        isGroup ? open && this.#toggle(item) : go(item.parentElement.closest('[role=treeitem]')),
      Enter: () => (isGroup ? this.#toggle(item) : item.click()),
      ' ': () => (isGroup ? this.#toggle(item) : item.click()),
    };
    if (!actions[event.key]) return;
    event.preventDefault();
    event.stopPropagation();
    actions[event.key]();
  }
}
