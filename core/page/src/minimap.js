/** The whole graph in a corner, with the part that the viewport shows; a drag there pans. */

import { kindKey } from './kinds.js';

const SIZE = { width: 200, height: 130 };
const FROM = 25;

export class Minimap {
  constructor(element, graph) {
    this.element = element;
    this.graph = graph;
    this.canvas = element.querySelector('canvas');
    this.frame = element.querySelector('.frame');
    element.addEventListener('pointerdown', (event) => this.#drag(event));
  }

  /** Draws the scene anew; small graphs need no map. */
  show(scene) {
    this.scale = null;
    this.element.hidden = scene.items.length < FROM;
    if (this.element.hidden) return;
    const ratio = devicePixelRatio || 1;
    const scale = Math.min(SIZE.width / scene.width, SIZE.height / scene.height);
    const stretched = (length, most) => Math.min(most, Math.max(length * scale, most / 2));
    const [width, height] = [
      stretched(scene.width, SIZE.width),
      stretched(scene.height, SIZE.height),
    ];
    this.scale = { x: width / scene.width, y: height / scene.height };
    Object.assign(this.canvas, { width: width * ratio, height: height * ratio });
    Object.assign(this.canvas.style, { width: `${width}px`, height: `${height}px` });
    const context = this.canvas.getContext('2d');
    context.scale(ratio * this.scale.x, ratio * this.scale.y);
    const colours = kindColours([...scene.nodes, ...scene.groups], this.element);
    for (const { node, group, box } of scene.items) {
      const { left, top, right, bottom } = box;
      context.globalAlpha = group?.open ? 0.15 : dimmed(scene, node, group) ? 0.2 : 1;
      context.fillStyle = colours.get((node ?? group).kind);
      context.fillRect(left, top, right - left, Math.max(bottom - top, 1.5 / this.scale.y));
    }
    this.move();
  }

  /** Puts the frame where the viewport is; where that is everything, the map would only hide some of it. */
  move() {
    if (!this.scale) return;
    this.element.hidden = this.graph.isWhole;
    if (this.element.hidden) return;
    const { left, top, right, bottom } = this.graph.window;
    const [width, height] = [
      parseFloat(this.canvas.style.width),
      parseFloat(this.canvas.style.height),
    ];
    const inside = (value, most) => Math.max(0, Math.min(most, value));
    const [x, y] = [inside(left * this.scale.x, width), inside(top * this.scale.y, height)];
    Object.assign(this.frame.style, {
      transform: `translate(${x}px, ${y}px)`,
      width: `${Math.max(3, inside(right * this.scale.x, width) - x)}px`,
      height: `${Math.max(3, inside(bottom * this.scale.y, height) - y)}px`,
    });
  }

  #drag(event) {
    const box = this.canvas.getBoundingClientRect();
    const go = ({ clientX, clientY }) =>
      this.graph.centre(
        (clientX - box.left) / this.scale.x,
        (clientY - box.top) / this.scale.y,
        undefined,
        { jump: true },
      );
    const stop = () => this.element.removeEventListener('pointermove', go);
    event.preventDefault();
    this.element.setPointerCapture(event.pointerId);
    this.element.addEventListener('pointermove', go);
    this.element.addEventListener('pointerup', stop, { once: true });
    this.element.addEventListener('pointercancel', stop, { once: true });
    go(event);
  }
}

const dimmed = (scene, node, group) => (group ? group.dimmed : scene.look(node).dimmed);

/** Colours stand in the style sheet, by kind. */
function kindColours(nodes, element) {
  const probe = element.appendChild(document.createElement('i'));
  const colours = new Map();
  for (const { kind } of nodes) {
    if (colours.has(kind)) continue;
    probe.dataset.kind = kindKey(kind ?? 'other');
    colours.set(kind, getComputedStyle(probe).getPropertyValue('--kind'));
  }
  probe.remove();
  return colours;
}
