/** The pad on a form that staff fills in: nothing of it is kept on this device. */
import { pad } from "./signing/pad.js"
import "./busy.js"

const form = document.getElementById("register")

if (form.querySelector("[data-pad]")) pad(form, { state: { strokes: [], frame: null }, soon() {} })
