/** The public list as it is now: a wall shows at once what has been signed, or is hidden. What is
 * asked for at this moment no cache on the way has been asked for before.
 */
export const listed = (list, query) => fetch(`${list}&${query}&now=${Date.now()}`, { cache: "no-store" })
