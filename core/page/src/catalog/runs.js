/** Past runs as a strip of bars, and as a table that says the same in words. */

import { h, s } from '../dom.js';
import { count, isKnown, number, seconds, time } from '../words.js';

const [STEP, BAR, HIGH, LOW] = [11, 8, 34, 4];
const WORDS = {
  success: 'succeeded',
  failed: 'failed',
  skipped: 'skipped',
  reused: 'reused',
  interrupted: 'interrupted',
};

/** @param runs newest first: {status, seconds, at} */
export function strip(runs) {
  const bars = [...runs].reverse();
  const longest = Math.max(...bars.map((run) => run.seconds ?? 0), 1e-9);
  const width = bars.length * STEP - (STEP - BAR);
  return h(
    'figure',
    { class: 'strip' },
    s(
      'svg',
      {
        viewBox: `0 0 ${width} ${HIGH + LOW + 6}`,
        width,
        height: HIGH + LOW + 6,
        role: 'img',
        'aria-label': summary(runs),
      },
      bars.map((run, index) => bar(run, index, longest)),
    ),
    h('figcaption', null, summary(runs)),
  );
}

/** The root makes short runs visible beside long ones. A failed run has a head as well as a colour. */
function bar(run, index, longest) {
  const height = LOW + HIGH * Math.sqrt((run.seconds ?? 0) / longest);
  const [x, bottom] = [index * STEP, HIGH + LOW + 6];
  return s(
    'g',
    { class: 'run', 'data-status': run.status },
    s('title', null, said(run)),
    s('rect', { class: 'reach', x: x - 1, width: STEP, height: bottom }),
    s('rect', { class: 'lasted', x, y: bottom - height, width: BAR, height, rx: 1.5 }),
    run.status === 'failed' || run.status === 'interrupted'
      ? s('circle', { class: 'head', cx: x + BAR / 2, cy: bottom - height - 4, r: 2 })
      : null,
  );
}

const said = (run) =>
  [
    run.at ? time(run.at) : null,
    WORDS[run.status] ?? run.status,
    isKnown(run.seconds) ? seconds(run.seconds) : null,
  ]
    .filter(Boolean)
    .join(' · ');

const many = (found, status) => `${number(found)} ${WORDS[status] ?? status}`;

/** How often which way, and how long a run usually takes. */
function summary(runs) {
  if (runs.length === 1) return `one run · ${said(runs[0])}`;
  const ways = Map.groupBy(runs, ({ status }) => status);
  const times = runs
    .filter((run) => run.status === 'success' && isKnown(run.seconds))
    .map((run) => run.seconds)
    .sort((a, b) => a - b);
  return [
    `${runs.length} runs, oldest first`,
    [...ways].map(([status, { length }]) => many(length, status)).join(', '),
    times.length ? `usually ${seconds(times[Math.floor(times.length / 2)])}` : null,
  ]
    .filter(Boolean)
    .join(' · ');
}

export const statusWord = (status) =>
  h('span', { class: 'run-status', 'data-status': status }, WORDS[status] ?? status);

/** The runs of a node, behind a switch. */
export const nodeRuns = (runs) =>
  table(
    ['Finished', 'Status', 'Why', 'Rows', 'Took', 'Run'],
    runs.map((run) => [
      run.finished_at ? time(run.finished_at) : null,
      statusWord(run.status),
      [run.reason, run.error ? h('pre', { class: 'run-error' }, run.error) : null],
      isKnown(run.rows) ? number(run.rows) : null,
      isKnown(run.seconds) ? seconds(run.seconds) : null,
      h('code', null, run.run_id),
    ]),
  );

/** The runs of the project, behind a switch. */
export const projectRuns = (runs) =>
  table(
    ['Started', 'Status', 'Nodes', 'Took', 'Command', 'Run'],
    runs.map((run) => [
      run.started_at ? time(run.started_at) : null,
      statusWord(run.status),
      nodesOf(run),
      isKnown(run.seconds) ? seconds(run.seconds) : null,
      run.command ? h('code', null, run.command) : null,
      h('code', null, run.run_id),
    ]),
  );

/** How many nodes of a run ended which way. */
export const nodesOf = ({ counts }) =>
  Object.entries(counts ?? {})
    .map(([status, found]) => many(found, status))
    .join(', ');

function table(names, rows) {
  return h(
    'details',
    { class: 'further' },
    h('summary', null, count(rows.length, 'run')),
    h(
      'div',
      { class: 'wide', tabindex: 0, role: 'region', 'aria-label': 'Every run' },
      h(
        'table',
        { class: 'runs-table' },
        h(
          'thead',
          null,
          h(
            'tr',
            null,
            names.map((name) => h('th', { scope: 'col' }, name)),
          ),
        ),
        h(
          'tbody',
          null,
          rows.map((cells) =>
            h(
              'tr',
              null,
              cells.map((cell) => h('td', null, cell)),
            ),
          ),
        ),
      ),
    ),
  );
}
