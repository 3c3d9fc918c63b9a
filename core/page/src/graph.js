/** The graph in its viewport: pans and zooms, and draws what can be seen. */

import { select } from 'd3-selection';
import 'd3-transition';
import { zoom, zoomIdentity } from 'd3-zoom';
import { drawCard, drawPlate } from './cards.js';
import { h, s } from './dom.js';
import { drawFrame, drawGroup } from './groupcards.js';
import { CARD } from './layout.js';
import { cut, FONT } from './text.js';

/** Scales below which cards are drawn with less and larger letters, and without any. */
const MIDDLE = 0.72;
const FAR = 0.5;
const TINY = 0.16;
/** Scales of the whole at which names can be read, and read well; of a part, the smallest and of a beginning. */
const READABLE = 0.36;
const CLEAR = 0.54;
const SMALLEST_PART = 0.42;
const SMALLEST_ON_PHONES = 0.55;
const PHONE = 600;
const BEGINNING = 0.65;
const LARGEST = 1.5;
const LARGEST_PART = 1.1;
const LARGEST_GROUP = 0.85;
const ENDLESS = 1e6;
const MARGIN = 200;
const SIDE = 32;
const TOP = 48;
const MOST_ANIMATED = 400;
const calm = matchMedia('(prefers-reduced-motion: reduce)');

/** @param actions {{select(selection), expand(id), group(id), moved(), covered()}} */
export class Graph {
  #drawn = new Map();
  #scene = null;
  #transform = zoomIdentity;
  #actions;
  #pending = 0;
  /** What the view was last brought to: `all`, or {keys, main, least}; null once the reader has moved it. */
  #aim = 'all';
  #seen = {};
  /** Where the reader was before the view went to what is lit. */
  #own = null;
  #going = false;

  constructor(element, actions) {
    this.#actions = actions;
    this.element = element;
    this.bands = s('g', { class: 'bands' });
    this.edges = s('path', { class: 'line base' });
    this.lit = s('g', { class: 'lit' });
    this.cards = s('g', { class: 'cards' });
    this.frames = s('g', { class: 'frames' });
    this.counts = s('g', { class: 'counts' });
    this.world = s(
      'g',
      { class: 'world' },
      this.bands,
      this.frames,
      this.edges,
      this.lit,
      this.counts,
      this.cards,
    );
    this.svg = s(
      'svg',
      { class: 'graph', role: 'group', 'aria-label': 'Lineage graph' },
      this.world,
    );
    this.labels = h('div', { class: 'band-labels', 'aria-hidden': 'true' });
    element.append(this.svg, this.labels);
    this.zoom = zoom()
      .scaleExtent([0.02, 2.5])
      .on('zoom', (event) => this.#move(event));
    select(this.svg).call(this.zoom).on('dblclick.zoom', null);
    this.svg.addEventListener('click', (event) => this.#press(event));
    this.svg.addEventListener('keydown', (event) => {
      if (event.key === 'Enter' || event.key === ' ') this.#press(event);
    });
    new ResizeObserver(() => this.#resized()).observe(element);
  }

  get transform() {
    return this.#transform;
  }

  get scene() {
    return this.#scene;
  }

  /** The part of the world that the viewport shows: {left, top, right, bottom}. */
  get window() {
    const { width, height } = this.#size();
    const [left, top] = this.#transform.invert([0, 0]);
    const [right, bottom] = this.#transform.invert([width, height]);
    return { left, top, right, bottom };
  }

  /** Whether all that there is can be seen, and read. */
  get isWhole() {
    return this.#transform.k >= READABLE && this.#contains(this.#whole());
  }

  show(scene) {
    this.#scene = scene;
    const held = focusKey(document.activeElement);
    this.#clear();
    this.bands.replaceChildren(...scene.bands.map((band) => drawBand(band, -ENDLESS, 2 * ENDLESS)));
    this.frames.replaceChildren(...framesOf(scene));
    this.counts.replaceChildren(...countsOf(scene));
    this.labels.replaceChildren(...scene.bands.map(({ name }) => h('span', { title: name }, name)));
    this.svg.toggleAttribute('data-tracing', Boolean(scene.lit));
    this.#draw();
    if (held) this.#focus(held);
  }

  /** Shows all; small graphs are not blown up. */
  fit(how) {
    this.#aim = 'all';
    this.#own = null;
    this.#go(this.#around(this.#whole(), 0, LARGEST), how);
  }

  /** Shows all when it can be read then, else what is lit, else the beginning in a size that can be read. */
  begin(main) {
    this.#aim = 'all';
    const { lit } = this.#scene;
    if (this.#scaleOf(this.#whole()) >= (lit ? CLEAR : READABLE)) return this.fit({ jump: true });
    if (lit) return this.#show({ keys: [...lit.nodes.keys()], main }, { jump: true });
    const firsts = this.#scene.items.filter(({ box }) => box.left < CARD.width);
    const keys = firsts.map(({ key }) => key);
    this.#show({ keys, main: keys[0], least: BEGINNING }, { jump: true });
  }

  /** Brings what is lit into view, around the node `main`; when nothing is, back to where the reader was. */
  attend(main) {
    const { lit } = this.#scene;
    if (lit) this.#bring([...lit.nodes.keys()], main);
    else this.#leave();
  }

  /** Brings a group into view. */
  reveal(key) {
    this.#bring([key], key);
  }

  /** All that there is when that can be read well, else these; nothing moves where they are seen already. */
  #bring(keys, main) {
    const moved = this.#aim === null;
    if (!moved && this.#scaleOf(this.#whole()) >= CLEAR) return this.fit();
    const box = this.#boxAround(keys);
    const better = this.#transform.k < 0.75 * Math.min(this.#mostFor(main), this.#scaleOf(box));
    if (this.#contains(box) && this.#transform.k >= FAR && (moved || !better)) return;
    if (moved) this.#own = this.#transform;
    this.#show({ keys, main });
  }

  #leave() {
    if (!this.#aim) return;
    if (!this.#own) return this.fit();
    this.#aim = null;
    this.#go(this.#own);
    this.#own = null;
  }

  zoomBy(factor) {
    this.#moveFreely();
    select(this.svg).call(this.zoom.scaleBy, factor);
  }

  centre(x, y, scale = this.#transform.k, how = {}) {
    const { width, height } = this.#size();
    this.#moveFreely();
    this.#go(
      zoomIdentity.translate(width / 2 - x * scale, height / 2 - y * scale).scale(scale),
      how,
    );
  }

  #show(aim, how) {
    const smallest = this.#size().width < PHONE ? SMALLEST_ON_PHONES : SMALLEST_PART;
    const { keys, main, least = smallest } = aim;
    this.#aim = aim;
    const part = this.#boxAround(keys);
    this.#go(this.#around(part, least, this.#mostFor(main), this.#scene.head(main)), how);
  }

  #mostFor = (main) => (this.#scene.groupOf(main) ? LARGEST_GROUP : LARGEST_PART);

  #whole() {
    const { width, height } = this.#scene;
    return { left: 0, top: 0, right: width, bottom: height };
  }

  #boxAround(keys) {
    const boxes = keys.map((key) => this.#scene.box(key)).filter(Boolean);
    return {
      left: Math.min(...boxes.map(({ left }) => left)),
      top: Math.min(...boxes.map(({ top }) => top)),
      right: Math.max(...boxes.map(({ right }) => right)),
      bottom: Math.max(...boxes.map(({ bottom }) => bottom)),
    };
  }

  /** What is free of the viewport: the names of layers stand above, the legend may stand below. */
  #free() {
    const { width, height } = this.#size();
    const side = Math.min(SIDE, width / 16);
    const top = this.#scene.bands.length ? TOP : SIDE / 2;
    const bottom = Math.min(this.#actions.covered() + 12, height / 3);
    return { left: side, top, width: width - 2 * side, height: height - top - bottom };
  }

  #scaleOf({ left, top, right, bottom }) {
    const free = this.#free();
    return Math.min(free.width / (right - left), free.height / Math.max(bottom - top, 1));
  }

  /** The view in which a box fills what is free, within limits; `main` stays in it where the box does not fit. */
  #around(box, least, most, main = box) {
    const { left, top, width, height } = this.#free();
    const k = Math.max(least, Math.min(most, this.#scaleOf(box)));
    const along = (low, high) => ({
      part: [box[low], box[high]],
      main: [main[low], main[high]],
      whole: [0, this.#whole()[high]],
    });
    const x = placed(along('left', 'right'), k, left, width);
    const y = placed(along('top', 'bottom'), k, top, height);
    return zoomIdentity.translate(x, y).scale(k);
  }

  #contains({ left, top, right, bottom }) {
    const seen = this.window;
    return left >= seen.left && top >= seen.top && right <= seen.right && bottom <= seen.bottom;
  }

  /** What was brought into view stays so when the window or the panel takes or leaves room. */
  #resized() {
    const { width, height } = this.#size();
    if (this.#scene && width && (width !== this.#seen.width || height !== this.#seen.height)) {
      if (this.#aim === 'all') return this.fit({ jump: true });
      if (this.#aim) return this.#show(this.#aim, { jump: true });
    }
    this.#later();
  }

  #size() {
    return { width: this.element.clientWidth, height: this.element.clientHeight };
  }

  #go(transform, { jump = false } = {}) {
    this.#seen = this.#size();
    const still = jump || calm.matches || this.#scene.nodes.length > MOST_ANIMATED;
    const svg = select(this.svg);
    const arrived = () => (this.#going = false);
    const moving = still
      ? svg.interrupt()
      : svg.transition().duration(260).on('end interrupt cancel', arrived);
    this.#going = true;
    moving.call(this.zoom.transform, transform);
    if (still) arrived();
  }

  #move({ transform, sourceEvent }) {
    this.#transform = transform;
    // A turn of the wheel just before would count as what moves the view now.
    if (sourceEvent && !this.#going) this.#moveFreely();
    this.#later();
  }

  #moveFreely() {
    this.#aim = null;
    this.#own = null;
  }

  #later() {
    this.#pending ||= requestAnimationFrame(() => this.#draw());
  }

  #clear() {
    this.cards.replaceChildren();
    this.#drawn.clear();
  }

  #draw() {
    cancelAnimationFrame(this.#pending);
    this.#pending = 0;
    if (!this.#scene) return;
    const { x, y, k } = this.#transform;
    this.world.setAttribute('transform', `translate(${x} ${y}) scale(${k})`);
    const view = grown(this.window, MARGIN);
    this.#drawCards(view);
    this.#drawLines(view);
    this.#placeLabels();
    this.#actions.moved();
  }

  #drawCards(view) {
    const { k } = this.#transform;
    const level = k >= MIDDLE ? 'near' : k >= FAR ? 'middle' : 'far';
    this.svg.toggleAttribute('data-tiny', k < TINY);
    if (this.svg.dataset.level !== level) {
      this.svg.dataset.level = level;
      const held = focusKey(document.activeElement);
      this.#clear();
      this.held = held;
    }
    for (const item of this.#scene.items) {
      const seen = meets(view, item.box);
      const drawn = this.#drawn.get(item.key);
      if (seen && !drawn) {
        const card = drawItem(this.#scene, item, level);
        this.#drawn.set(item.key, this.cards.appendChild(card));
      } else if (!seen && drawn && !drawn.contains(document.activeElement)) {
        drawn.remove();
        this.#drawn.delete(item.key);
      }
    }
    if (this.held) this.#focus(this.held);
    this.held = null;
  }

  #drawLines(view) {
    const seen = (lines) => lines.filter((line) => meets(view, line));
    const path = seen(this.#scene.lines)
      .map((line) => line.path)
      .join('');
    if (this.edges.getAttribute('d') !== path) this.edges.setAttribute('d', path);
    const lit = seen(this.#scene.litLines);
    const key = lit.map((line) => line.role + line.path).join('');
    if (this.litKey === key) return;
    this.litKey = key;
    this.lit.replaceChildren(...lit.map(drawLine));
  }

  #placeLabels() {
    const { width } = this.#size();
    this.#scene.bands.forEach(({ left, right }, index) => {
      const [begin, end] = [left, right].map((value) => this.#transform.applyX(value));
      const [first, last] = [Math.max(begin, 0), Math.min(end, width)];
      const label = this.labels.children[index];
      label.hidden = last - first < 56;
      label.style.maxWidth = `${last - first - 8}px`;
      label.style.transform = `translateX(${(first + last) / 2}px) translateX(-50%)`;
    });
  }

  #press(event) {
    const target = event.target.closest('[data-expand], [data-column], [data-node], [data-group]');
    if (event.type === 'keydown') event.preventDefault();
    if (!target) return this.#actions.select(null);
    const { expand, node, column, group } = target.dataset;
    if (group !== undefined) return this.#actions.group(group);
    if (expand !== undefined) return this.#actions.expand(expand);
    return this.#actions.select({ node, column: column ?? null });
  }

  #focus({ expand, node, column, group }) {
    const found = [...this.cards.querySelectorAll('[tabindex]')].find(
      ({ dataset }) =>
        dataset.expand === expand &&
        dataset.node === node &&
        dataset.column === column &&
        dataset.group === group,
    );
    found?.focus({ preventScroll: true });
  }

  /** Puts the keyboard's focus on a node's card. */
  focusNode(id) {
    this.#drawn.get(id)?.querySelector('.head').focus({ preventScroll: true });
  }
}

/** The whole scene as elements of its own, for an export. */
export function drawAll(scene) {
  return s(
    'g',
    { class: 'world' },
    scene.bands.map((band) => [
      drawBand(band, -46, scene.height + 82),
      s(
        'text',
        { class: 'band-name', x: (band.left + band.right) / 2, y: -26 },
        cut(band.name, band.right - band.left - 16, `600 13px ${FONT}`),
      ),
    ]),
    framesOf(scene),
    s('path', { class: 'line base', d: scene.lines.map((line) => line.path).join('') }),
    scene.litLines.map(drawLine),
    countsOf(scene),
    scene.items.map((item) => drawItem(scene, item, 'near')),
  );
}

function drawItem(scene, { node, group, box }, level) {
  if (group) return drawGroup(group, box, level);
  const look = scene.look(node);
  return level === 'near' ? drawCard(node, look) : drawPlate(node, look, level);
}

const framesOf = (scene) =>
  scene.groups.filter(({ open }) => open).map((group) => drawFrame(group, scene.box(group.id)));

/** The largest stand above the others. */
const countsOf = (scene) =>
  scene.lines
    .filter(({ count }) => count > 1)
    .sort((a, b) => a.count - b.count)
    .map(drawCount);

/** How many dependencies a line between groups stands for. */
function drawCount({ count, middle: [x, y] }) {
  const text = String(count);
  const width = 12 + 8 * text.length;
  return s(
    'g',
    { class: 'count', transform: `translate(${x} ${y})` },
    s('title', null, `${text} dependencies`),
    s('rect', { x: -width / 2, y: -10, width, height: 20, rx: 10 }),
    s('text', { y: 4.5 }, text),
  );
}

function drawBand({ name, left, right }, y, height) {
  return s('rect', { class: 'band', 'data-layer': name, x: left, y, width: right - left, height });
}

function drawLine({ from, to, role, path }) {
  return s('path', {
    class: 'line',
    d: path,
    'data-lit': role,
    'data-from': from.id,
    'data-to': to.id,
    'data-from-column': from.column,
    'data-to-column': to.column,
  });
}

/**
 * How far to move along one direction: the part in the middle; where it is longer than there is room,
 * what is most wanted of it; and nothing beyond the whole as long as that fills the room.
 */
function placed({ part, main, whole }, k, offset, size) {
  const within = ([begin, end], moved) => {
    const [one, other] = [offset - begin * k, offset + size - end * k];
    return Math.max(Math.min(one, other), Math.min(moved, Math.max(one, other)));
  };
  const centred = offset + size / 2 - ((part[0] + part[1]) / 2) * k;
  const fits = (part[1] - part[0]) * k <= size;
  const moved = fits ? centred : within(main, centred);
  const filled = (whole[1] - whole[0]) * k >= size;
  return filled ? within(whole, moved) : moved;
}

const grown = ({ left, top, right, bottom }, by) => ({
  left: left - by,
  top: top - by,
  right: right + by,
  bottom: bottom + by,
});

const meets = (one, other) =>
  one.left <= other.right &&
  one.right >= other.left &&
  one.top <= other.bottom &&
  one.bottom >= other.top;

function focusKey(element) {
  const { expand, node, column, group } = element?.dataset ?? {};
  return element?.closest?.('.cards') ? { expand, node, column, group } : null;
}
