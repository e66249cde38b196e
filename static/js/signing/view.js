/**
 * How ink lies on a canvas. Ink is kept in units of its own, those of the canvas on which its first
 * stroke was drawn, so that no turn and no resize ever touches it: only the view changes.
 *
 * A turned view is for a phone that is held upright and written on along its longer side: the
 * canvas stays as it is, and what is right on the ink is down on the canvas.
 */
export function viewOf(width, height, turned, box) {
  const across = turned ? height : width
  const down = turned ? width : height
  const scale = box ? Math.min(across / box.width, down / box.height) : 1
  const left = box ? (across - box.width * scale) / 2 - box.x * scale : 0
  const top = box ? (down - box.height * scale) / 2 - box.y * scale : 0
  return {
    across,
    down,
    scale,
    toInk(x, y) {
      const [u, v] = turned ? [y, width - x] : [x, y]
      return [(u - left) / scale, (v - top) / scale]
    },
    toCanvas(x, y) {
      const [u, v] = [x * scale + left, y * scale + top]
      return turned ? [width - v, u] : [u, v]
    },
  }
}

/** The box that holds the first canvas and all of the ink, also what was drawn beyond it. */
export function boxOf(strokes, frame) {
  let [left, top, right, bottom] = [0, 0, frame.width, frame.height]
  for (const stroke of strokes) {
    for (const [x, y] of stroke) {
      left = Math.min(left, x)
      top = Math.min(top, y)
      right = Math.max(right, x)
      bottom = Math.max(bottom, y)
    }
  }
  return { x: left, y: top, width: right - left, height: bottom - top }
}

/**
 * How broad the line is at each point, from 0 to 1: as firm as the pen was pressed, where it tells;
 * else broader the slower it moved. Fingers are all alike to most screens.
 */
export function pressures(points) {
  if (points.some(point => point.pressure !== points[0].pressure)) {
    return points.map(point => Math.min(1, Math.max(0, point.pressure)))
  }
  let speed = 0
  return points.map((point, place) => {
    const before = points[Math.max(0, place - 1)]
    const time = Math.max(1, point.time - before.time)
    const moved = Math.hypot(point.x - before.x, point.y - before.y) / time
    speed = place ? speed * 0.6 + moved * 0.4 : 0
    return 1 / (1 + speed * 0.9)
  })
}

const MOST_POINTS = 2800
const MOST_CHARACTERS = 60000

/** The ink as it is sent: no coordinate below zero, no more points than are taken. */
export function sent(strokes) {
  const left = Math.min(0, ...strokes.flatMap(stroke => stroke.map(point => point[0])))
  const top = Math.min(0, ...strokes.flatMap(stroke => stroke.map(point => point[1])))
  const round = number => Math.round(number * 10) / 10
  let thinned = strokes.map(stroke =>
    stroke.map(([x, y, pressure]) => [round(x - left), round(y - top), Math.round(pressure * 100) / 100]))
  let text = JSON.stringify(thinned)
  while (text.length > MOST_CHARACTERS || thinned.reduce((sum, stroke) => sum + stroke.length, 0) > MOST_POINTS) {
    thinned = thinned.map(stroke => stroke.filter((_, place) => place % 2 === 0 || place === stroke.length - 1))
    text = JSON.stringify(thinned)
  }
  return text
}
