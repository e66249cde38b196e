/** The pad on a form that staff fills in: nothing of it is kept on this device. */
import { pad } from "./signing/pad.js"
import "./busy.js"

pad(document.getElementById("register"), { state: { strokes: [], frame: null }, soon() {} })
