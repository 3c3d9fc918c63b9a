/** The catalog: the list of nodes, and beside it the project or the node that the address names. */

import {
  format,
  formatInCatalog,
  isOfLineage,
  parse,
  shareWithCatalog,
  unknownIn,
} from '../address.js';
import { fill } from '../dom.js';
import { unknownNotice } from '../link.js';
import { homePage } from './home.js';
import { nodePage } from './node.js';
import { Places } from './places.js';
import { Tree } from './tree.js';

const byId = (id) => document.getElementById(id);

export class Catalog {
  #lineage;
  #tree;
  #selection;
  #place;
  #places = new Places([byId('catalog-page'), byId('catalog')]);

  constructor(lineage) {
    shareWithCatalog();
    this.#lineage = lineage;
    this.#tree = new Tree(byId('groupings'), byId('tree'), lineage.nodes);
    byId('views').hidden = false;
    byId('skip').hidden = false;
    byId('skip').addEventListener('click', (event) => {
      event.preventDefault();
      this.#focusTitle();
    });
  }

  get shown() {
    return document.body.dataset.view === 'catalog';
  }

  /** Shows what the address says, if that is the catalog's; says whether it is. */
  follow() {
    const lineage = isOfLineage(location.hash);
    const selection = parse(location.hash, this.#lineage);
    this.#link(selection, lineage);
    const came = !this.shown;
    document.body.dataset.view = lineage ? 'lineage' : 'catalog';
    byId('catalog').hidden = lineage;
    if (lineage) return false;
    const place = formatInCatalog(selection);
    const unknown = unknownIn(location.hash, this.#lineage);
    if (this.#place === place + unknown) {
      if (came) this.#comeBack();
      return true;
    }
    this.#place = place + unknown;
    const before = this.#selection;
    this.#selection = selection;
    this.#draw(before, unknown);
    return true;
  }

  /** Goes to a node, a column or, with null, the project. */
  go(selection) {
    const here = this.shown && formatInCatalog(selection) === formatInCatalog(this.#selection);
    location.hash = formatInCatalog(selection);
    this.follow();
    if (here) this.#comeBack();
  }

  /** What keys do here; each says by returning false that it did nothing. */
  get keys() {
    const beside = (by) => () => {
      const node = this.#tree.beside(this.#selection?.node ?? null, by);
      return node ? this.go({ node, column: null }) : false;
    };
    return {
      j: beside(1),
      k: beside(-1),
      l: () => (location.hash = format(this.#selection)),
      Escape: () => this.#stepOut(),
    };
  }

  /** From a column to its node, from a node to the project. */
  #stepOut() {
    const { node, column } = this.#selection ?? {};
    if (!node) return false;
    return this.go(column === null ? null : { node, column: null });
  }

  #draw(before, unknown) {
    const { node: id, column } = this.#selection ?? { node: null };
    const same = before && id === before.node;
    const inList = byId('tree').contains(document.activeElement);
    const actions = { list: (grouping, value) => this.#list(grouping, value) };
    const node = this.#lineage.byId.get(id);
    document.body.toggleAttribute('data-home', !node);
    fill(
      byId('catalog-page'),
      unknownNotice(unknown),
      node ? nodePage(this.#lineage, node, column, actions) : homePage(this.#lineage, actions),
    );
    this.#title();
    this.#tree.mark(id);
    this.#places.arrive(same);
    if (column !== null && column !== undefined) return this.#showColumn(column);
    if (same) return this.#row(before.column)?.querySelector('a')?.focus({ preventScroll: true });
    if (inList) return fill(byId('spoken'), document.title);
    if (before !== undefined) this.#focusTitle();
  }

  /** From the lineage to what was read before. */
  #comeBack() {
    this.#title();
    this.#places.arrive(true);
    const column = this.#selection?.column;
    if (column) this.#showColumn(column);
    else this.#focusTitle();
  }

  #showColumn(name) {
    const row = this.#row(name);
    const { top, bottom } = row.getBoundingClientRect();
    if (top < 120 || bottom > innerHeight - 120) row.scrollIntoView({ block: 'center' });
    row.querySelector('a').focus({ preventScroll: true });
  }

  #row = (name) =>
    [...byId('catalog-page').querySelectorAll('tr[data-column]')].find(
      ({ dataset }) => dataset.column === name,
    );

  #focusTitle() {
    byId('catalog-page').querySelector('h1').focus({ preventScroll: true });
  }

  #title() {
    const { project } = this.#lineage.document;
    const node = this.#lineage.byId.get(this.#selection?.node);
    document.title = node ? `${node.name} · ${project}` : project;
  }

  #list(grouping, value) {
    this.#tree.group(grouping, value);
  }

  /** The switch leads to the same node or column in the other view. */
  #link(selection, lineage) {
    const [catalog, graph] = byId('views').querySelectorAll('a');
    catalog.setAttribute('href', `#${formatInCatalog(selection)}`);
    graph.setAttribute('href', `#${format(selection)}`);
    for (const [link, here] of [
      [catalog, !lineage],
      [graph, lineage],
    ]) {
      if (here) link.setAttribute('aria-current', 'page');
      else link.removeAttribute('aria-current');
    }
  }
}
