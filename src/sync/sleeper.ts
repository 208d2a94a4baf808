/** The sleep of a loop, and the calls that wake the loop. */
export class Sleeper {
  #isAwake = false
  #wakeUp: () => void = () => {}

  /** Ends the sleep; or else the next one. */
  wake(): void {
    this.#isAwake = true
    this.#wakeUp()
  }

  /** Waits for the next {@link wake}; not at all if one came since the last sleep. Resolves with true after a wait. */
  async sleep(): Promise<boolean> {
    const hasToWait = !this.#isAwake
    if (hasToWait) {
      await new Promise<void>((resolve) => {
        this.#wakeUp = resolve
      })
    }
    this.#isAwake = false
    return hasToWait
  }
}
