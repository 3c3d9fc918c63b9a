/**
 * The page: one state, drawn anew when it changes; the selection is what the address says. A document
 * with a catalog has a second view, which is made beside this one.
 */

import { format, parse, unknownIn } from './address.js';
import { Catalog } from './catalog/catalog.js';
import { isFiltering, noFilter, showFacets, showKinds, visibleNodes } from './filters.js';
import { Graph } from './graph.js';
import { fill, h } from './dom.js';
import { neighbour, setUpKeys } from './keyboard.js';
import { light } from './lighting.js';
import { readLineage } from './lineage.js';
import { unknownNotice } from './link.js';
import { Minimap } from './minimap.js';
import { showPanel } from './panel.js';
import { download, pngOf, svgText } from './picture.js';
import { sceneMaker } from './scene.js';
import { setUpSearch } from './search.js';
import { statusKey } from './kinds.js';
import { setUpTheme } from './theme.js';
import { count, time } from './words.js';

const byId = (id) => document.getElementById(id);

const lineage = readLineage(JSON.parse(byId('document').textContent));
const state = {
  selection: null,
  expanded: new Set(),
  hidden: noFilter(),
  only: null,
  grouped: null,
  open: new Set(),
  visible: new Set(lineage.byId.keys()),
};
const catalog = lineage.document.catalog ? new Catalog(lineage) : null;
const makeScene = sceneMaker(lineage);
const graph = new Graph(byId('graph'), {
  select,
  expand: toggleExpanded,
  group: toggleGroup,
  moved: () => minimap.move(),
  covered: coveredBelow,
});
const minimap = new Minimap(byId('minimap'), graph);
let begun = false;
const toggleTheme = setUpTheme(() => graph.scene && minimap.show(graph.scene));

function start() {
  introduce();
  setUpSearch(byId('search'), byId('found'), lineage, goTo);
  setUpButtons();
  if (!lineage.nodes.length) fill(byId('nothing'), 'The project has no nodes yet.');
  const [here, there] = [keys(), catalogKeys()];
  setUpKeys(() => (catalog?.shown ? there : here));
  addEventListener('hashchange', () => follow());
  if (!catalog?.follow()) {
    tellUnknown();
    begin(parse(location.hash, lineage) ?? parse(`#${format(lineage.document.focus)}`, lineage));
  }
  document.documentElement.dataset.ready = 'true';
  performance.mark('ready');
}

/** The graph is laid out when it is first looked at. */
function begin(selection) {
  begun = true;
  state.selection = selection;
  draw();
  graph.begin(selection?.node);
}

function draw() {
  const lit = light(lineage, state.selection);
  const scene = makeScene(state, lit);
  showPanel(byId('panel'), lineage, state, { close: () => select(null), only: toggleOnly });
  document.body.toggleAttribute('data-panel', Boolean(state.selection));
  graph.show(scene);
  minimap.show(scene);
  showKinds(byId('kinds'), lineage.nodes, state.hidden, filter);
  showFacets(byId('facets'), lineage.nodes, state.hidden, filter);
  byId('filter').toggleAttribute('data-active', isFiltering(state.hidden));
  byId('only').hidden = state.only === null;
  fill(byId('only-name'), state.only ?? '');
  byId('nothing').hidden = scene.all.length > 0;
  byId('roles').hidden = !state.selection || state.selection.column === null;
  byId('groups').hidden = !scene.canGroup;
  byId('groups').setAttribute('aria-pressed', String(scene.grouped));
}

/** How much of the graph's lower edge lies under the legend and the buttons. */
function coveredBelow() {
  const { bottom } = byId('graph').getBoundingClientRect();
  const tops = [...document.querySelectorAll('.legend, .zoom')]
    .map((element) => element.getBoundingClientRect())
    .filter(({ height }) => height)
    .map(({ top }) => bottom - top);
  return Math.max(0, ...tops);
}

/** Selecting is going to an address, so that the back button works and the link can be sent. */
function select(selection) {
  const hash = format(selection);
  if (hash === format(state.selection)) return;
  if (hash) location.hash = hash;
  else history.pushState(null, '', location.pathname + location.search);
  follow();
}

/** Shows what the address says; the browser tells of a new one later, when it is shown already. */
function follow() {
  if (catalog?.follow()) return;
  document.title = `${lineage.document.project} lineage`;
  tellUnknown();
  const selection = parse(location.hash, lineage);
  if (!begun) return begin(selection);
  if (format(selection) === format(state.selection)) return;
  state.selection = selection;
  if (state.selection) showAgain(state.selection.node);
  draw();
  graph.attend(state.selection?.node);
  if (!state.selection) return;
  if (document.activeElement?.classList.contains('head')) graph.focusNode(state.selection.node);
  say(state.selection);
}

const tellUnknown = () => fill(byId('unknown'), unknownNotice(unknownIn(location.hash, lineage)));

/** A node that a filter hides comes back when it is asked for. */
function showAgain(id) {
  if (state.visible.has(id)) return;
  resetFilter();
}

function resetFilter() {
  state.hidden = noFilter();
  state.only = null;
  chooseVisible();
}

function chooseVisible() {
  const wanted = visibleNodes(lineage.nodes, state.hidden);
  state.visible =
    state.only === null
      ? wanted
      : new Set([...lineage.around(state.only)].filter((id) => wanted.has(id)));
}

/** Leaves out what does not hang together with the selected node; again brings it back. */
function toggleOnly() {
  const node = state.selection?.node ?? null;
  state.only = state.only === null || (node !== null && node !== state.only) ? node : null;
  chooseVisible();
  draw();
  graph.fit();
}

function filter(facet, value, shown) {
  state.hidden.get(facet)[shown ? 'delete' : 'add'](value);
  chooseVisible();
  redrawKeepingFocus();
  graph.fit();
}

/** The switches are made anew; the keyboard's focus stays on the one that was used. */
function redrawKeepingFocus() {
  const held = document.activeElement;
  const [area, index] =
    ['kinds', 'facets']
      .map((id) => [byId(id), [...byId(id).querySelectorAll('button, input')].indexOf(held)])
      .find(([, at]) => at >= 0) ?? [];
  draw();
  area?.querySelectorAll('button, input')[index]?.focus();
}

function toggleExpanded(id) {
  if (!state.expanded.delete(id)) state.expanded.add(id);
  draw();
}

/** In groups or not: as suits the graph's size, until the reader chooses. */
function toggleGroups() {
  const { canGroup, grouped, crowded } = graph.scene;
  if (!canGroup) return false;
  state.grouped = grouped === crowded ? !grouped : null;
  state.open.clear();
  draw();
  graph.begin(state.selection?.node);
  return true;
}

function toggleGroup(id) {
  const open = state.open.delete(id) === false;
  if (open) state.open.add(id);
  draw();
  graph.reveal(id);
}

function introduce() {
  const { project, environment, generated_at: generated, nodes } = lineage.document;
  document.title = `${project} lineage`;
  fill(byId('project'), catalog ? h('a', { href: '#' }, project) : project);
  fill(byId('environment'), environment);
  const failed = nodes.filter((node) => statusKey(node.status) === 'failed');
  fill(
    byId('summary'),
    h('span', null, count(nodes.length, 'node')),
    failed.length
      ? h(
          'button',
          {
            type: 'button',
            class: 'failed',
            onclick: () => goTo({ node: failed[0].id, column: null }),
          },
          `${failed.length} failed`,
        )
      : null,
    h('time', { datetime: generated, title: 'when this page was made' }, time(generated)),
  );
}

/** Shows a selection in the view that is looked at. */
function goTo(selection) {
  if (catalog?.shown) catalog.go(selection);
  else select(selection);
}

function setUpButtons() {
  const actions = {
    fit: () => graph.fit(),
    groups: toggleGroups,
    'zoom-in': () => graph.zoomBy(1.3),
    'zoom-out': () => graph.zoomBy(1 / 1.3),
    theme: toggleTheme,
    help: openHelp,
    'save-svg': saveSvg,
    'save-png': savePng,
    only: () => ((state.only = null), chooseVisible(), draw(), graph.fit()),
    'show-all': () => (resetFilter(), draw(), graph.fit()),
    'show-all-again': () => (resetFilter(), draw(), graph.fit()),
  };
  for (const [id, action] of Object.entries(actions)) byId(id).addEventListener('click', action);
  for (const menu of document.querySelectorAll('details.menu')) closeWhenLeft(menu);
}

function closeWhenLeft(menu) {
  document.addEventListener('pointerdown', (event) => {
    if (!menu.contains(event.target)) menu.open = false;
  });
  menu.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || !menu.open) return;
    event.stopPropagation();
    menu.open = false;
    menu.querySelector('summary').focus();
  });
}

function keys() {
  const go = (key) => () => {
    const next = neighbour(graph.scene, state.selection?.node, key);
    if (!next) return false;
    select({ node: next, column: null });
    return true;
  };
  return {
    '/': () => byId('search').focus(),
    f: () => graph.fit(),
    o: toggleOnly,
    g: toggleGroups,
    e: () => state.selection && toggleExpanded(state.selection.node),
    t: toggleTheme,
    '+': () => graph.zoomBy(1.3),
    '-': () => graph.zoomBy(1 / 1.3),
    '?': openHelp,
    ...(catalog ? { c: () => catalog.go(state.selection) } : {}),
    Escape: stepOut,
    ...Object.fromEntries(
      ['ArrowLeft', 'ArrowRight', 'ArrowUp', 'ArrowDown'].map((key) => [key, go(key)]),
    ),
  };
}

const catalogKeys = () => ({
  ...catalog?.keys,
  '/': () => byId('search').focus(),
  t: toggleTheme,
  '?': openHelp,
});

const openHelp = () => byId('help-dialog').showModal();

/** From a column to its node, from a node to none. */
function stepOut() {
  if (!state.selection) return false;
  select(state.selection.column === null ? null : { node: state.selection.node, column: null });
  return true;
}

function saveSvg() {
  download(
    new Blob([svgText(graph.scene, document.title)], { type: 'image/svg+xml' }),
    `${fileName()}.svg`,
  );
}

async function savePng() {
  download(await pngOf(svgText(graph.scene, document.title), graph.scene), `${fileName()}.png`);
}

const fileName = () => `${lineage.document.project}-lineage`.replace(/[^\p{L}\p{N}_-]+/gu, '-');

/** Tells those who do not see the graph what is selected now. */
function say({ node, column }) {
  const [up, down] = [lineage.reach(node, 'upstream').size, lineage.reach(node, 'downstream').size];
  fill(
    byId('spoken'),
    `${column === null ? node : `column ${column} of ${node}`}: ${up} upstream, ${down} downstream`,
  );
}

start();
