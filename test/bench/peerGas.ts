/**
 * What the same calls cost elsewhere: peer → call → k → gas. Measured with the peers' real code on Hardhat 3.18's EDR
 * at osaka, receipts' `gasUsed`; N=2,000 or 100. Their nearest call stands under our call's name.
 */
export const PEER_GAS: Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, number>>>>>> = {
  // Session's ServiceNodeRewards (BN254), its own compiler settings.
  Session: {
    updateRewardsBalance: { "0": 1_091_000, "5": 1_116_000, "100": 1_641_000 },
    claimRewards: { first: 138_000, repeat: 67_000 },
    addBLSPublicKey: { "0": 1_451_000 },
    seedPublicKeyList: { "0": 303_000 },
    exitBLSPublicKey: { "0": 1_119_000 },
    liquidateBLSPublicKey: { "0": 1_161_000 },
  },
  // EigenLayer's BLSSignatureChecker (BN254): the check alone, without any balance; registration without a stake
  // transfer.
  EigenLayer: {
    updateRewardsBalance: { "0": 234_000, "5": 323_000, "20": 591_000, "100": 2_027_000 },
    addBLSPublicKey: { "0": 687_000 },
    exitBLSPublicKey: { "0": 365_000 },
  },
};
