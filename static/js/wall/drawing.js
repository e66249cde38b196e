/** Ink and codes as SVG: the numbers come from our own server, and no markup does. */
const SVG = "http://www.w3.org/2000/svg"

export function drawing(drawn, name) {
  const svg = document.createElementNS(SVG, "svg")
  const path = document.createElementNS(SVG, "path")
  svg.setAttribute("class", name)
  svg.setAttribute("viewBox", drawn.view_box)
  svg.setAttribute("aria-hidden", "true")
  path.setAttribute("d", drawn.path)
  svg.append(path)
  return svg
}
