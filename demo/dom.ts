/** Helpers of the views: typed elements by id, and writes of changed text only. */

/** Returns the element with this id. Throws if the page has none, or one of another type: a bug of the page. */
export function byId<T extends Element>(id: string, type: abstract new (...args: never[]) => T): T {
  const element = document.getElementById(id)
  if (!(element instanceof type)) throw new Error(`no <${type.name} id="${id}"> on the page`)
  return element
}

/** Writes `text` if different: an unchanged live region stays silent, and a selection survives. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text
}

/** Returns a new element with a class and a text. */
export function create<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  className: string,
  text = '',
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag)
  element.className = className
  element.textContent = text
  return element
}

/** Returns a function calling `draw` in the next frame, only once a frame. */
export function oncePerFrame(draw: () => void): () => void {
  let due = false
  return () => {
    if (due) return
    due = true
    requestAnimationFrame(() => {
      due = false
      draw()
    })
  }
}
