/** Lines between cards: smooth, through the gaps that the layout keeps free for them. */

import { CARD, edgeKey } from './layout.js';

const LOOP = { least: 26, most: 62 };

/**
 * The way of a line: its `path`, the box around it and the middle of its first bend.
 *
 * @param from, to {{id, column}}; column null is the card's head
 * @param level {{columns, column: Map, routes, x, top(key)}} the arrangement in which `blocks`, what
 *   the two stand in or are, are placed
 */
export function wayOf(from, to, scene, level, blocks) {
  const [one, other] = blocks.map((block) => level.column.get(block));
  const ends = [from, to].map((end) => ({ box: scene.box(end.id), y: portOf(end, scene) }));
  if (one === other) return loop(ends, level, one);
  const [start, stop] = one < other ? ends : ends.toReversed();
  const [first, last] = one < other ? [one, other] : [other, one];
  const key = edgeKey(
    one < other ? { from: blocks[0], to: blocks[1] } : { from: blocks[1], to: blocks[0] },
  );
  const points = [
    [rightOf(level, first), start.y],
    ...(level.routes.get(key) ?? []).flatMap(({ column, key }) => [
      [leftOf(level, column), level.top(key)],
      [rightOf(level, column), level.top(key)],
    ]),
    [leftOf(level, last), stop.y],
  ];
  const heights = points.map(([, y]) => y);
  return {
    path: `M${start.box.right} ${round(start.y)}H${points[0][0]}${curve(points)}H${stop.box.left}`,
    left: start.box.right,
    right: stop.box.left,
    top: Math.min(...heights),
    bottom: Math.max(...heights),
    middle: [(points[0][0] + points[1][0]) / 2, (points[0][1] + points[1][1]) / 2],
  };
}

/** Between two of one column, which only groups have that read each other: around on the right. */
function loop([start, stop], level, column) {
  const right = rightOf(level, column);
  const [y0, y1] = [round(start.y), round(stop.y)];
  const bend = Math.min(LOOP.most, LOOP.least + Math.abs(y1 - y0) / 16);
  const out = right + bend;
  return {
    path: `M${start.box.right} ${y0}H${right}C${out} ${y0} ${out} ${y1} ${right} ${y1}H${stop.box.right}`,
    left: Math.min(start.box.right, stop.box.right),
    right: out,
    top: Math.min(y0, y1),
    bottom: Math.max(y0, y1),
    middle: [right + 0.75 * bend, (y0 + y1) / 2],
  };
}

const leftOf = (level, column) => level.x + level.columns[column].x;
const rightOf = (level, column) => leftOf(level, column) + level.columns[column].width;

function portOf({ id, column }, scene) {
  const row = column === null ? -1 : (scene.rows(id) ?? []).indexOf(column);
  const below = row < 0 ? CARD.height / 2 : CARD.height + 4 + (row + 0.5) * CARD.row;
  return scene.box(id).top + (scene.groupOf(id) ? scene.groupOf(id).port : below);
}

/** The way on through the points; curved from gap to gap, straight across columns. */
function curve(points) {
  let path = '';
  for (let index = 1; index < points.length; index += 1) {
    const [[x0, y0], [x1, y1]] = [points[index - 1], points[index]];
    const middle = (x0 + x1) / 2;
    path +=
      index % 2 ? `C${middle} ${round(y0)} ${middle} ${round(y1)} ${x1} ${round(y1)}` : `H${x1}`;
  }
  return path;
}

const round = (value) => Math.round(value * 10) / 10;
