/** All that is known of the selected node, and in words where the selected column comes from. */

import { format } from './address.js';
import { fill, h } from './dom.js';
import { kindKey, kindLabel, languageLabel, statusKey } from './kinds.js';
import { link } from './link.js';
import { codeBlock } from './query.js';
import { columnWords } from './path.js';
import { brief } from './text.js';
import { ago, count, number, seconds, time } from './words.js';

const NUMERIC = /^(U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|DECIMAL.*|DOUBLE|FLOAT|REAL)$/i;

/**
 * Shows the selection in `element`; hides it when there is none.
 *
 * @param actions {{close(), only()}}
 */
export function showPanel(element, lineage, { selection, only }, actions) {
  element.hidden = !selection;
  if (!selection) return fill(element);
  const node = lineage.byId.get(selection.node);
  element.dataset.kind = kindKey(node.kind);
  element.setAttribute('aria-label', `${kindLabel(node.kind)} ${node.name}`);
  fill(
    element,
    heading(node, only, actions),
    h('div', { class: 'panel-body' }, body(lineage, node, selection)),
  );
  return element;
}

function heading(node, only, actions) {
  return h(
    'header',
    { class: 'panel-head' },
    h(
      'p',
      { class: 'kind' },
      kindLabel(node.kind),
      node.type ? h('span', { class: 'kind-type' }, node.type) : null,
    ),
    h('h2', null, node.name),
    h(
      'button',
      {
        type: 'button',
        class: 'only-switch',
        'aria-pressed': String(only === node.id),
        onclick: actions.only,
      },
      'Show only its lineage',
    ),
    h(
      'button',
      {
        type: 'button',
        class: 'icon-button close',
        'aria-label': 'Close the panel',
        onclick: actions.close,
      },
      '×',
    ),
  );
}

function body(lineage, node, selection) {
  return [
    selection.column === null
      ? null
      : section(`Column ${selection.column}`, columnWords(lineage, selection), 'trace'),
    node.description ? h('p', { class: 'description' }, node.description) : null,
    chips(node),
    facts(lineage.document, node),
    node.lineage?.unknown
      ? h(
          'p',
          { class: 'notice' },
          `Columns are not known one by one: ${node.lineage.unknown}. It counts as reading everything of its inputs.`,
        )
      : null,
    around('Reads', lineage.upstream.get(node.id)),
    around('Read by', lineage.downstream.get(node.id)),
    node.columns.length
      ? section(count(node.columns.length, 'column'), schema(node, selection), 'schema')
      : null,
    node.audits.length ? section('Audits', audits(node.audits), 'audits') : null,
    node.targets.length ? section('Targets', targets(node.targets), 'targets') : null,
    node.sql
      ? section(
          node.language === 'python' ? 'Python' : 'SQL',
          codeBlock(node.sql, node.language),
          'sql',
        )
      : null,
    node.preview ? section('Preview', preview(node.preview, node.columns), 'preview') : null,
  ];
}

const section = (title, content, name) =>
  h('section', { class: name }, h('h3', null, title), content);

function chips(node) {
  const found = [node.layer, node.domain, ...node.tags].filter(Boolean);
  return found.length
    ? h(
        'ul',
        { class: 'chips', 'aria-label': 'Layer, domain and tags' },
        found.map((text) => h('li', null, text)),
      )
    : null;
}

function facts(document, node) {
  const now = new Date(document.generated_at).getTime();
  const rows = [
    ['Status', h('span', { class: `state state-${statusKey(node.status)}` }, node.status)],
    ['Rows', node.rows === null ? null : number(node.rows)],
    [
      'Last run',
      node.last_run === null
        ? null
        : h(
            'time',
            { datetime: node.last_run, title: time(node.last_run) },
            ago(node.last_run, now),
          ),
    ],
    ['Took', node.seconds === null ? null : seconds(node.seconds)],
    ['Owner', node.owner],
    [
      'File',
      node.file ? h('code', null, node.line ? `${node.file}:${node.line}` : node.file) : null,
    ],
    ['Written in', languageLabel(node.language)],
  ];
  return h(
    'dl',
    { class: 'facts' },
    rows
      .filter(([, value]) => value !== null)
      .map(([name, value]) => [h('dt', null, name), h('dd', null, value)]),
  );
}

function around(title, ids) {
  if (!ids.length) return null;
  return section(
    title,
    h(
      'ul',
      { class: 'links' },
      [...ids].sort().map((id) => h('li', null, link(id))),
    ),
    'around',
  );
}

function schema(node, selection) {
  const rows = node.columns.map((column) =>
    h(
      'li',
      null,
      h(
        'a',
        {
          href: `#${format({ node: node.id, column: column.name })}`,
          class: 'column-link',
          'data-to-node': node.id,
          'data-to-column': column.name,
          'aria-current': selection.column === column.name ? 'true' : null,
        },
        h(
          'span',
          { class: 'column-name', title: column.name },
          brief(column.name),
          column.pii
            ? h('span', { class: 'private', title: 'pii: true, or computed from such' }, 'private')
            : null,
        ),
        h('span', { class: 'column-type' }, column.type ?? ''),
        column.description ? h('span', { class: 'column-description' }, column.description) : null,
      ),
    ),
  );
  return h('ul', { class: 'columns' }, rows);
}

export function audits(found) {
  return h(
    'ul',
    { class: 'verdicts' },
    found.map((audit) =>
      h(
        'li',
        {
          class: auditClass(audit),
        },
        h('span', { class: 'mark', 'aria-hidden': 'true' }, auditMark(audit)),
        h(
          'span',
          null,
          audit.type,
          audit.columns.length ? h('code', null, audit.columns.join(', ')) : null,
          audit.name ? ` “${audit.name}”` : null,
        ),
        h('span', { class: 'verdict' }, verdict(audit)),
      ),
    ),
  );
}

function auditClass({ passed, severity }) {
  if (passed === null) return 'never';
  return passed ? 'passed' : `failing severity-${severity === 'warn' ? 'warn' : 'error'}`;
}

const auditMark = ({ passed }) => (passed === null ? '○' : passed ? '✓' : '✕');

function verdict(audit) {
  if (audit.passed === null) return 'never run';
  if (audit.passed) return 'passed';
  const failing = audit.failing_rows ? count(audit.failing_rows, 'row') : 'failed';
  return audit.severity === 'error' ? failing : `${failing} (${audit.severity})`;
}

export const targets = (found) =>
  h(
    'ul',
    { class: 'targets-list' },
    found.map((target) =>
      h(
        'li',
        null,
        h('code', null, target.table ?? target.path ?? ''),
        h(
          'span',
          { class: 'muted' },
          [target.type, target.mode].filter(Boolean).join(' · '),
          target.status ? deliveryOf(target) : null,
        ),
      ),
    ),
  );

const deliveryOf = ({ status, delivered_at: at }) =>
  h(
    'span',
    { class: `delivery delivery-${status === 'owed' ? 'owed' : 'done'}` },
    at ? `${status} ${time(at)}` : status,
  );

/** @param known the columns of the node: rows are text, and their types tell the numbers among them */
export function preview({ columns, rows }, known) {
  const types = new Map(known.map(({ name, type }) => [name, type]));
  const numeric = columns.map((name) => NUMERIC.test(types.get(name) ?? ''));
  return h(
    'div',
    { class: 'table', tabindex: 0, role: 'region', 'aria-label': 'Preview rows' },
    h(
      'table',
      null,
      h(
        'thead',
        null,
        h(
          'tr',
          null,
          columns.map((name, index) =>
            h('th', { scope: 'col', class: numeric[index] ? 'number' : null }, name),
          ),
        ),
      ),
      h(
        'tbody',
        null,
        rows.map((row) =>
          h(
            'tr',
            null,
            row.map((value, index) => cell(value, numeric[index])),
          ),
        ),
      ),
    ),
  );
}

function cell(value, numeric) {
  if (value === null) return h('td', { class: 'null' }, 'NULL');
  if (numeric || typeof value === 'number') return h('td', { class: 'number' }, String(value));
  return h('td', null, typeof value === 'object' ? JSON.stringify(value) : String(value));
}
