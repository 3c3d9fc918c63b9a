/** Where everything stands: columns from left to right, blocks from top to bottom in each. */

import dagre from '@dagrejs/dagre';
import { bandsOf, ranksOf } from './ranks.js';

export const CARD = { width: 252, height: 60, row: 22 };
const GAP = { column: 68, band: 24, row: 18 };
const WIDEST_GAP = 300;
/** Few nodes side by side stand as far apart as fills a window of this shape. */
const SHAPE = 2.1;
const FARTHEST = 2.2;

/**
 * Places of `blocks`, in order and without expanded cards; slow for large graphs, so kept by the caller.
 *
 * @param blocks {{id, layer, width, height}[]}; edges may lead back and in circles
 * @param wide whether a low graph is drawn out to fill a window
 * @returns {{columns: {x: number, width: number, items: {key, y, height}[]}[], column: Map<string, number>,
 *            routes: Map<string, {column: number, key: string}[]>, bands: object[]}}
 */
export function arrange(blocks, edges, { wide = false } = {}) {
  const ranks = ranksOf(blocks, edges);
  const along = edges.filter(({ from, to }) => ranks.get(from) !== ranks.get(to));
  const forward = along.map((edge) => inOrder(edge, ranks));
  const graph = ordered(blocks, forward, ranks);
  const bands = bandsOf(blocks, ranks);
  const gap = gapFor(ranks);
  const columns = columnsFor(blocks, ranks, bands, gap);
  const items = blocks.map(({ id, height }) => ({ id, height, y: graph.node(id).y }));
  const apart = wide && blocks.length ? farApart(items, columns) : 1;
  for (const { id, height, y } of items)
    columns[ranks.get(id)].items.push({ key: id, y: y * apart - height / 2, height });
  const routes = new Map(
    forward.map((edge) => [edgeKey(edge), route(edge, graph, ranks, columns, apart)]),
  );
  raise(columns);
  for (const { items } of columns) items.sort((a, b) => a.y - b.y);
  return {
    columns,
    column: ranks,
    routes,
    bands: bands.map((band) => spanned(band, columns, gap)),
  };
}

/** The same places with blocks grown by `growth(id)`: what stands below in the column moves down. */
export function place(arrangement, growth) {
  const tops = new Map();
  let bottom = 0;
  for (const { items } of arrangement.columns) {
    let moved = 0;
    for (const { key, y, height } of items) {
      tops.set(key, y + moved);
      moved += height ? growth(key) : 0;
      if (height) bottom = Math.max(bottom, y + height + moved);
    }
  }
  const last = arrangement.columns.at(-1);
  return { tops, width: last ? last.x + last.width : CARD.width, height: bottom };
}

/** How many columns a graph has, and how many cards its longest column. */
export function extent(nodes, edges) {
  const heights = heightsOf(ranksOf(nodes, edges));
  return { columns: heights.length, rows: Math.max(0, ...heights) };
}

export const edgeKey = ({ from, to }) => JSON.stringify([from, to]);

const inOrder = ({ from, to }, ranks) =>
  ranks.get(from) < ranks.get(to) ? { from, to } : { from: to, to: from };

/** dagre decides the order in each column and the heights; the columns are ours. */
function ordered(blocks, edges, ranks) {
  const graph = new dagre.graphlib.Graph();
  graph.setGraph({
    rankdir: 'LR',
    nodesep: GAP.row,
    edgesep: GAP.row,
    ranksep: GAP.column,
    ranker: (g) => rank(g, ranks),
  });
  for (const { id, width, height } of blocks) graph.setNode(id, { width, height });
  for (const { from, to } of edges) graph.setEdge(from, to, {});
  dagre.layout(graph);
  return graph;
}

/** dagre keeps every second rank for the labels of edges; its own root stands before all. */
function rank(graph, ranks) {
  for (const id of graph.nodes()) graph.node(id).rank = 2 * (ranks.get(id) ?? -1);
}

/** The points at which an edge crosses the columns between its ends, as items of those columns. */
function route({ from, to }, graph, ranks, columns, apart) {
  const points = graph
    .edge(from, to)
    .points.slice(1, -1)
    .filter((_, index) => index % 2);
  return points.map(({ y }, index) => {
    const column = ranks.get(from) + 1 + index;
    const key = `${edgeKey({ from, to })}${column}`;
    columns[column].items.push({ key, y: y * apart, height: 0 });
    return { column, key };
  });
}

function farApart(items, columns) {
  const width = columns.at(-1).x + columns.at(-1).width;
  const height = Math.max(...items.map((item) => item.y + item.height / 2));
  return Math.max(1, Math.min(FARTHEST, width / SHAPE / height));
}

/** The topmost block stands at 0. */
function raise(columns) {
  const blocks = columns.flatMap(({ items }) => items).filter(({ height }) => height);
  const top = Math.min(...blocks.map(({ y }) => y));
  for (const { items } of columns) for (const item of items) item.y -= top;
}

function heightsOf(ranks) {
  const heights = new Array(Math.max(-1, ...ranks.values()) + 1).fill(0);
  for (const rank of ranks.values()) heights[rank] += 1;
  return heights;
}

/** Lines between tall columns are steep: they get more room. */
const gapFor = (ranks) =>
  Math.min(WIDEST_GAP, GAP.column + 4 * Math.max(0, Math.max(0, ...heightsOf(ranks)) - 12));

function columnsFor(blocks, ranks, bands, gap) {
  const begins = new Set(bands.flatMap((band) => [band.first, band.last + 1]));
  const widths = heightsOf(ranks).map(() => 0);
  for (const { id, width } of blocks)
    widths[ranks.get(id)] = Math.max(widths[ranks.get(id)], width);
  let x = 0;
  return widths.map((width, index) => {
    if (index) x += gap + (begins.has(index) ? GAP.band : 0);
    const column = { x, width, items: [] };
    x += width;
    return column;
  });
}

function spanned(band, columns, gap) {
  const margin = gap / 2 + 4;
  const last = columns[band.last];
  return { ...band, left: columns[band.first].x - margin, right: last.x + last.width + margin };
}
