/** The project as a whole: how it is, what there is, what is missing. */

import { h, s } from '../dom.js';
import { byFlow, kindKey, kindLabel, statusKey } from '../kinds.js';
import { ago, count, isKnown, number, seconds, time } from '../words.js';
import { grouped, groupingsOf } from './groups.js';
import { addressOf, isBuilt, kindMark, nodeLink, prose, shortened } from './marks.js';
import { nodesOf, projectRuns, statusWord, strip } from './runs.js';

const MOST = 8;

/** @param actions {{list(grouping, value)}} */
export function homePage(lineage, actions) {
  const { document, nodes } = lineage;
  const now = new Date(document.generated_at).getTime();
  const groups = ['layer', 'kind', 'domain']
    .map((name) => by(name, nodes, actions))
    .filter(Boolean);
  return h(
    'article',
    { class: 'home' },
    heading(document, nodes),
    nodes.length ? null : h('p', { class: 'muted' }, 'The project has no nodes yet.'),
    part('Last runs', lastRuns(document.catalog.runs ?? [], now)),
    h(
      'div',
      { class: 'home-parts' },
      h(
        'div',
        null,
        part('Needs a look', troubles(nodes)),
        groups.filter((_, index) => index % 2 === 0),
        part('Delivers', deliveries(nodes)),
      ),
      h(
        'div',
        null,
        part('Documented', coverage(nodes)),
        groups.filter((_, index) => index % 2),
        part('Oldest data', oldest(nodes, now)),
      ),
    ),
  );
}

const part = (title, content) =>
  content ? h('section', { class: 'part' }, h('h2', null, title), content) : null;

function by(name, nodes, actions) {
  const grouping = groupingsOf(nodes).find((one) => one.name === name);
  return grouping ? part(`By ${name}`, counts(nodes, grouping, actions)) : null;
}

function heading({ project, environment, generated_at: generated, catalog }, nodes) {
  const columns = nodes.reduce((sum, node) => sum + node.columns.length, 0);
  return h(
    'header',
    { class: 'node-head' },
    h('h1', { tabindex: -1 }, project),
    catalog.description ? h('p', { class: 'description' }, prose(catalog.description)) : null,
    h(
      'p',
      { class: 'muted' },
      [
        count(nodes.length, 'node'),
        count(columns, 'column'),
        environment,
        `as of ${time(generated)}`,
      ].join(' · '),
    ),
  );
}

function lastRuns(runs, now) {
  if (!runs.length) return h('p', { class: 'muted' }, 'It has never run.');
  const [last] = runs;
  return [
    h(
      'p',
      { class: 'last-run' },
      'The last run ',
      statusWord(last.status),
      last.started_at
        ? [
            ' ',
            h(
              'time',
              { datetime: last.started_at, title: time(last.started_at) },
              ago(last.started_at, now),
            ),
          ]
        : null,
      !isKnown(last.seconds) ? null : ` in ${seconds(last.seconds)}`,
      nodesOf(last) ? h('span', { class: 'muted' }, `: ${nodesOf(last)}`) : null,
    ),
    strip(runs.map((run) => ({ ...run, at: run.started_at }))),
    projectRuns(runs),
  ];
}

/** Failed nodes, failing audits, rows that are too old, and deliveries that are owed. */
function troubles(nodes) {
  if (!nodes.length) return null;
  const found = nodes.flatMap((node) => {
    const words = troubleOf(node);
    return words ? [nodeLink(node, words)] : [];
  });
  return found.length
    ? shortened(found, MOST)
    : h(
        'p',
        { class: 'muted' },
        'Nothing failed, no audit fails, no rows are too old, and everything is delivered.',
      );
}

function troubleOf(node) {
  const failing = node.audits.filter(({ passed }) => passed === false).length;
  const owed = node.targets.filter(({ status }) => status === 'owed').length;
  return [
    statusKey(node.status) === 'failed' ? 'failed' : null,
    failing ? `${count(failing, 'audit')} failing` : null,
    ['warn', 'error'].includes(node.freshness?.status) ? 'rows are too old' : null,
    owed ? (owed === 1 ? 'a delivery owed' : `${owed} deliveries owed`) : null,
  ]
    .filter(Boolean)
    .join(', ');
}

/** How much is said and checked, and what is not. */
function coverage(nodes) {
  if (!nodes.length) return null;
  const built = nodes.filter(isBuilt);
  const columns = nodes.flatMap((node) => node.columns.map((column) => ({ node, column })));
  return [
    covered('Nodes with a description', nodes, (node) => node.description),
    covered('Nodes with an owner', nodes, (node) => node.owner),
    covered('Nodes with audits', built, (node) => node.audits.length),
    covered(
      'Columns with a description',
      columns,
      ({ column }) => column.description,
      ({ node, column }) =>
        h(
          'a',
          { class: 'node-link', href: addressOf(node.id, column.name) },
          `${node.name}.${column.name}`,
        ),
    ),
  ];
}

function covered(title, all, test, link = (node) => nodeLink(node)) {
  if (!all.length) return null;
  const missing = all.filter((one) => !test(one));
  const part = all.length - missing.length;
  const line = [
    h('span', { class: 'covered-title' }, title),
    h('span', { class: 'muted' }, `${number(part)} of ${number(all.length)}`),
    meter(part / all.length),
  ];
  if (!missing.length)
    return h('div', { class: 'covered' }, h('div', { class: 'covered-line' }, line));
  const details = h('details', { class: 'covered' }, h('summary', { class: 'covered-line' }, line));
  details.addEventListener('toggle', () => details.open && listMissing(details, missing, link), {
    once: true,
  });
  return details;
}

/** Made when it is asked for: there may be many thousands. */
function listMissing(details, missing, link) {
  const most = 50;
  details.append(
    h('p', { class: 'muted' }, 'Without:'),
    h(
      'ul',
      { class: 'node-list' },
      missing.slice(0, most).map((one) => h('li', null, link(one))),
    ),
    ...(missing.length > most
      ? [h('p', { class: 'muted' }, `and ${number(missing.length - most)} more`)]
      : []),
  );
}

const meter = (part) =>
  s(
    'svg',
    { class: 'meter', viewBox: '0 0 100 4', preserveAspectRatio: 'none', 'aria-hidden': 'true' },
    s('rect', { class: 'ground', width: 100, height: 4 }),
    s('rect', { class: 'part', width: 100 * part, height: 4 }),
  );

function counts(nodes, grouping, { list }) {
  const groups = grouped(nodes, grouping);
  const most = Math.max(...groups.map((group) => group.nodes.length));
  const shown = grouping.name === 'kind' ? groups.sort((a, b) => byFlow(a.value, b.value)) : groups;
  return h(
    'ul',
    { class: 'counts' },
    shown.map((group) =>
      h(
        'li',
        { 'data-kind': grouping.name === 'kind' ? kindKey(group.value) : null },
        h(
          'button',
          { type: 'button', onclick: () => list(grouping.name, group.value) },
          grouping.name === 'kind' ? kindMark(group.value) : null,
          h('span', { class: 'node-name' }, group.label),
          h('span', { class: 'muted' }, number(group.nodes.length)),
          meter(group.nodes.length / most),
        ),
      ),
    ),
  );
}

/** What leaves the project: exposures, and tables that are written elsewhere. */
function deliveries(nodes) {
  const found = nodes.filter(({ does, targets }) => does === 'delivers' || targets.length);
  if (!found.length) return null;
  return shortened(
    found.map((node) =>
      nodeLink(node, [kindLabel(node.kind), node.targets[0]?.table].filter(Boolean).join(' · ')),
    ),
    MOST,
  );
}

function oldest(nodes, now) {
  const found = nodes
    .filter(({ kind, freshness }) => kind === 'source' && freshness?.loaded_at)
    .sort((a, b) => a.freshness.loaded_at.localeCompare(b.freshness.loaded_at));
  if (!found.length) return null;
  return shortened(
    found.slice(0, MOST).map((node) => nodeLink(node, ago(node.freshness.loaded_at, now))),
    MOST,
  );
}
