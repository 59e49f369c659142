/** The version of this package, and of the core that belongs to it. */
export const VERSION = "0.1.0";
