/** How often real processes are killed in one run of the suite; `npm run chaos` goes on as long as wanted. */
export const killCycles = { alone: 104, onlyMember: 76, network: 20 } as const
