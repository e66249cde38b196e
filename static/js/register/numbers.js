/** What a certificate says of an entry: its number and its check code (domain/certificates). */
const LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
const DAY_BEGINS = 8 * 3600 * 1000

/** Of the initiative with this id, as `CY-20230810-0129-6`; the day is China's. */
export function certificateNumber(id, entry) {
  const day = new Date(Date.parse(entry.at) + DAY_BEGINS).toISOString().slice(0, 10).replace(/-/g, "")
  const number = String(entry.number).padStart(4, "0")
  return `CY${id === 1 ? "" : id}-${day}-${number}-${checkDigit(`${id}${day}${number}`)}`
}

/** The first 40 bits of a leaf's hash, as `K7M2 9QHD`. */
export function checkCode(leaf) {
  const bits = [...leaf.slice(0, 5)].map(byte => byte.toString(2).padStart(8, "0")).join("")
  const letters = bits.match(/.{5}/g).map(five => LETTERS[parseInt(five, 2)]).join("")
  return `${letters.slice(0, 4)} ${letters.slice(4)}`
}

/** ISO/IEC 7064, MOD 11,10. */
function checkDigit(digits) {
  let check = 5
  for (const digit of digits) check = ((check || 10) * 2 % 11 + Number(digit)) % 10
  return (1 - (check || 10) * 2 % 11 + 10) % 10
}
