/** All that is known of one node. */

import { h } from '../dom.js';
import { kindKey, kindLabel, languageLabel, statusKey } from '../kinds.js';
import { audits, preview, targets } from '../panel.js';
import { codeBlock } from '../query.js';
import { ago, count, isKnown, number, seconds, size, time } from '../words.js';
import { columnsTable } from './columns.js';
import { addressOf, isBuilt, kindMark, prose } from './marks.js';
import { neighbours } from './neighbours.js';
import { nodeRuns, strip } from './runs.js';

/** @param actions {{list(grouping, value)}} */
export function nodePage(lineage, node, column, actions) {
  const found = sections(lineage, node, column).filter(Boolean);
  return h(
    'article',
    { 'data-kind': kindKey(node.kind), 'data-node': node.id },
    heading(node, actions),
    trouble(node),
    facts(lineage.document, node),
    jumps(found),
    found.map(({ name, title, content }) =>
      h(
        'section',
        { class: `part part-${name}`, id: `part-${name}`, 'aria-labelledby': `title-${name}` },
        h('h2', { id: `title-${name}`, tabindex: -1 }, title),
        content,
      ),
    ),
  );
}

function heading(node, { list }) {
  return h(
    'header',
    { class: 'node-head' },
    h(
      'p',
      { class: 'kind' },
      kindMark(node.kind),
      kindLabel(node.kind),
      node.type && isBuilt(node) ? h('span', { class: 'kind-type' }, node.type) : null,
    ),
    h('h1', { tabindex: -1 }, node.name),
    node.description
      ? h('p', { class: 'description' }, prose(node.description))
      : h('p', { class: 'muted' }, 'No description.'),
    node.business_purpose ? h('p', { class: 'purpose' }, prose(node.business_purpose)) : null,
    h('ul', { class: 'chips', 'aria-label': 'Layer, domain, owner and tags' }, chips(node, list)),
  );
}

function chips(node, list) {
  const found = [
    ['layer', node.layer],
    ['domain', node.domain],
    ['owner', node.owner],
    ...node.tags.map((tag) => ['tag', tag]),
  ];
  return found
    .filter(([, value]) => value)
    .map(([grouping, value]) =>
      h(
        'li',
        null,
        h(
          'button',
          {
            type: 'button',
            title: `List by ${grouping}`,
            'data-grouping': grouping,
            onclick: () => list(grouping, value),
          },
          h('span', { class: 'muted' }, `${grouping} `),
          value,
        ),
      ),
    );
}

/** Why the last run did not end well. */
function trouble(node) {
  if (statusKey(node.status) !== 'failed') return null;
  const run = node.runs?.find(({ status }) => status === 'failed');
  return h(
    'div',
    { class: 'trouble', role: 'note' },
    h('strong', null, 'The last run failed'),
    run?.finished_at ? h('span', { class: 'muted' }, ` ${time(run.finished_at)}`) : null,
    run?.error || run?.reason ? h('pre', null, run.error ?? run.reason) : null,
  );
}

function facts(document, node) {
  const now = new Date(document.generated_at).getTime();
  const when = (at) => (at ? h('time', { datetime: at, title: time(at) }, ago(at, now)) : null);
  return [
    factsList([
      [
        'Status',
        isBuilt(node)
          ? h('span', { class: `state state-${statusKey(node.status)}` }, node.status)
          : null,
      ],
      ['Rows', node.rows === null ? null : number(node.rows)],
      ['Size', isKnown(node.bytes) ? size(node.bytes) : null],
      ['Last run', when(node.last_run)],
      ['Took', node.seconds === null ? null : seconds(node.seconds)],
      ['Data from', when(dataFrom(node))],
      ['Freshness', fresh(node, now)],
      ['Stored as', isBuilt(node) ? node.materialized : null],
      ['Key', node.keys?.length ? node.keys.join(', ') : null],
      ['Time', node.time_column],
      ['Written in', languageLabel(node.language)],
    ]),
    factsList([
      ...Object.entries(node.meta ?? {}),
      ['Run', node.run_id],
      ['Generation', node.generation],
      ['Address', h('code', null, node.id)],
      [
        'File',
        node.file ? h('code', null, node.line ? `${node.file}:${node.line}` : node.file) : null,
      ],
    ]),
  ];
}

/** How old the newest rows are, where the node says how old they may be. */
function fresh({ freshness: found }, now) {
  if (!found?.status) return null;
  const { status, newest, message } = found;
  const key = status === 'pass' ? 'success' : statusKey(status);
  return h(
    'span',
    { title: message },
    h('span', { class: `state state-${key}` }, status),
    newest ? h('time', { datetime: newest }, `, newest rows from ${ago(newest, now)}`) : null,
  );
}

/** When the rows are from, if that is not when it last ran. */
const dataFrom = ({ freshness, last_run: ran }) =>
  freshness?.loaded_at === ran ? null : freshness?.loaded_at;

const factsList = (facts) =>
  h(
    'dl',
    { class: 'facts-grid' },
    facts
      .filter(([, value]) => isKnown(value) && value !== '')
      .map(([name, value]) => h('div', null, h('dt', null, name), h('dd', null, value))),
  );

function sections(lineage, node, column) {
  const { columns, runs } = node;
  return [
    columns.length || node.lineage?.unknown
      ? {
          name: 'columns',
          title: columns.length ? count(columns.length, 'column') : 'Columns',
          content: [
            node.lineage?.unknown
              ? h(
                  'p',
                  { class: 'notice' },
                  `Where columns come from is not known one by one: ${node.lineage.unknown}. It counts as reading everything of its inputs.`,
                )
              : null,
            columns.length ? columnsTable(lineage, node, column) : null,
          ],
        }
      : null,
    { name: 'lineage', title: 'Lineage', content: neighbours(lineage, node) },
    node.audits.length ? { name: 'audits', title: 'Audits', content: audits(node.audits) } : null,
    runs?.length
      ? {
          name: 'runs',
          title: 'Runs',
          content: [strip(runs.map((run) => ({ ...run, at: run.finished_at }))), nodeRuns(runs)],
        }
      : null,
    node.targets.length
      ? { name: 'targets', title: 'Targets', content: targets(node.targets) }
      : null,
    node.python
      ? { name: 'python', title: 'Python', content: code(lineage, node.python, 'python') }
      : null,
    node.sql
      ? {
          name: 'code',
          title: node.language === 'python' && !node.python ? 'Python' : 'SQL',
          content: code(lineage, node.sql, node.python ? 'sql' : node.language),
        }
      : null,
    node.preview
      ? { name: 'preview', title: 'Preview', content: preview(node.preview, columns) }
      : null,
  ];
}

/** The names of nodes in it are links. */
const code = (lineage, text, language) =>
  codeBlock(text, language, (quoted) => (lineage.byId.has(quoted) ? addressOf(quoted) : null));

/** What stands further down, by name; the address is the node's, so these are no links. */
function jumps(found) {
  if (found.length < 3) return null;
  return h(
    'nav',
    { class: 'jumps', 'aria-label': 'On this page' },
    found.map(({ name, title }) =>
      h('button', { type: 'button', onclick: () => jump(name) }, title),
    ),
  );
}

function jump(name) {
  document.getElementById(`part-${name}`).scrollIntoView({ block: 'start' });
  document.getElementById(`title-${name}`).focus({ preventScroll: true });
}
