export const stake = {} as const;
