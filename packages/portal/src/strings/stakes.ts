export const stakes = {} as const;
