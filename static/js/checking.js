/**
 * Checks a receipt's file that is dropped or chosen, here in the page; the page's policy lets it
 * connect to nothing.
 */
import { certificateNumber, checkCode } from "./register/numbers.js"
import { Refused, verify } from "./register/receipt.js"

const LARGEST = 1024 * 1024
const LEGAL_FORM = /(?=(?:股份)?有限(?:责任)?公司$)/ // a name may break before it
const UNDECIDED = ["insecure", "browser", "unreadable", "receipt"] // says nothing against a certificate

const drop = document.querySelector("[data-drop]")
const input = drop.querySelector("input")
const result = document.querySelector("[data-result]")
let newest = 0

drop.hidden = false
document.querySelector("[data-without]").hidden = true
input.addEventListener("change", () => { if (input.files.length) check(input.files[0]) })

for (const kind of ["dragenter", "dragover", "dragleave", "drop"]) {
  document.addEventListener(kind, event => {
    if (!event.dataTransfer?.types.includes("Files")) return
    event.preventDefault() // else the browser leaves for the file
    drop.classList.toggle("is-over", kind !== "drop" && drop.contains(event.target))
    if (kind === "drop" && event.dataTransfer.files.length) check(event.dataTransfer.files[0])
  })
}

async function check(file) {
  const mine = ++newest
  const shown = await outcome(file)
  if (mine !== newest) return // another one was chosen meanwhile
  result.replaceChildren(shown)
  result.scrollIntoView({ block: "nearest" })
  input.value = "" // the same file can be chosen again
}

async function outcome(file) {
  try {
    const proven = await verify(await textOf(file))
    const register = registerOf(proven.key)
    if (!register) throw new Refused("foreign")
    if (register.dataset.slug !== proven.entry.initiative) throw new Refused("entry")
    return accepted(proven, register)
  } catch (fault) {
    return refused(fault instanceof Refused ? fault.reason : "unreadable")
  }
}

async function textOf(file) {
  if (file.size > LARGEST) throw new Refused("receipt")
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(await file.arrayBuffer())
  } catch (fault) {
    throw new Refused(fault instanceof TypeError ? "receipt" : "unreadable")
  }
}

function registerOf(key) {
  return [...document.querySelectorAll("[data-key]")].find(known => known.dataset.key === key)
}

function accepted(proven, register) {
  const shown = copyOf("accepted")
  const number = certificateNumber(Number(register.dataset.id), proven.entry)
  const values = {
    initiative: register.textContent, at: moment(proven.entry.at), number,
    code: checkCode(proven.leaf), index: proven.index, size: proven.size, key: proven.key,
  }
  for (const part of ["company", "person"]) {
    for (const [name, value] of Object.entries(proven.fields[part] ?? {})) values[`${part}.${name}`] = value
  }
  for (const field of shown.querySelectorAll("[data-field]")) {
    const parts = String(values[field.dataset.field] ?? "").split(LEGAL_FORM)
    field.append(...parts.flatMap(part => [document.createElement("wbr"), part]))
    if (!field.textContent) field.closest("div").remove()
  }
  for (const part of shown.querySelectorAll("[data-missing]")) {
    if (part.dataset.missing in proven.fields) part.remove()
  }
  shown.querySelector("[data-current]").href = `/v/${number}`
  return shown
}

function refused(reason) {
  const shown = copyOf(UNDECIDED.includes(reason) ? "undecided" : "refused")
  const words = document.querySelector(`[data-reason="${reason}"]`)
  shown.querySelector("[data-why]").textContent = words.textContent
  return shown
}

function copyOf(name) {
  return document.querySelector(`template[data-${name}]`).content.cloneNode(true)
}

function moment(at) {
  return new Intl.DateTimeFormat(document.documentElement.lang === "en" ? "en-GB" : "zh-CN", {
    year: "numeric", month: "long", day: "numeric", hour: "2-digit", minute: "2-digit", second: "2-digit",
    hourCycle: "h23", timeZone: "Asia/Shanghai",
  }).format(new Date(at))
}
