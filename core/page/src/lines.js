/** Lines between cards: smooth, through the gaps that the layout keeps free for them. */

import { CARD, edgeKey } from './layout.js';

/**
 * Where a line begins, the places at which it crosses columns, and where it ends.
 *
 * @param from, to {{id, column}}; column null is the card's head
 */
export function pointsOf(from, to, scene) {
  const start = [scene.left(from.id) + CARD.width, portOf(from, scene)];
  const stop = [scene.left(to.id), portOf(to, scene)];
  const crossings = (scene.routes.get(edgeKey({ from: from.id, to: to.id })) ?? []).flatMap(
    ({ column, key }) => {
      const [x, y] = [scene.columnLeft(column), scene.top(key)];
      return [
        [x, y],
        [x + CARD.width, y],
      ];
    },
  );
  return [start, ...crossings, stop];
}

function portOf({ id, column }, scene) {
  const row = column === null ? -1 : scene.rows(id).indexOf(column);
  const below = row < 0 ? CARD.height / 2 : CARD.height + 4 + (row + 0.5) * CARD.row;
  return scene.top(id) + below;
}

/** The path through the points; curved from gap to gap, straight across columns. */
export function curve(points) {
  let path = `M${points[0][0]} ${round(points[0][1])}`;
  for (let index = 1; index < points.length; index += 1) {
    const [[x0, y0], [x1, y1]] = [points[index - 1], points[index]];
    const middle = (x0 + x1) / 2;
    path +=
      index % 2 ? `C${middle} ${round(y0)} ${middle} ${round(y1)} ${x1} ${round(y1)}` : `H${x1}`;
  }
  return path;
}

const round = (value) => Math.round(value * 10) / 10;
