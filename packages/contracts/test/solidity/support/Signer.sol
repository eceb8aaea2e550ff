// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {BLS} from "solady/src/utils/ext/ithaca/BLS.sol";
import {Bls} from "../../../contracts/libraries/Bls.sol";

/// @title BLS keys and signatures for tests: a secret key is a number, multiplication is the MSM precompile's.
library Signer {
    /// @dev The order of the groups.
    uint256 internal constant ORDER = 0x73eda753299d7d483339d80809a1d80553bda402fffe5bfeffffffff00000001;

    function generator() internal pure returns (BLS.G1Point memory) {
        return BLS.G1Point({
            x_a: 0x0000000000000000000000000000000017f1d3a73197d7942695638c4fa9ac0f,
            x_b: 0xc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00adb22c6bb,
            y_a: 0x0000000000000000000000000000000008b3f481e3aaa0f1a09e30ed741d8ae4,
            y_b: 0xfcf5e095d5d00af600db18cb2c04b3edd03cc744a2888ae40caa232946c5e7e1
        });
    }

    function keyOf(uint256 secret) internal view returns (BLS.G1Point memory) {
        BLS.G1Point[] memory points = new BLS.G1Point[](1);
        bytes32[] memory scalars = new bytes32[](1);
        (points[0], scalars[0]) = (generator(), bytes32(secret));
        return BLS.msm(points, scalars);
    }

    function sign(uint256 secret, bytes32 digest) internal view returns (BLS.G2Point memory) {
        BLS.G2Point[] memory points = new BLS.G2Point[](1);
        bytes32[] memory scalars = new bytes32[](1);
        (points[0], scalars[0]) = (Bls.hashToG2(digest), bytes32(secret));
        return BLS.msm(points, scalars);
    }

    /// @dev A point on the curve y^2 = x^3 + 4 outside the subgroup of order r: x = 4, y = sqrt(68).
    function outsideSubgroup() internal pure returns (BLS.G1Point memory) {
        return BLS.G1Point({
            x_a: 0,
            x_b: bytes32(uint256(4)),
            y_a: 0x000000000000000000000000000000000a989badd40d6212b33cffc3f3763e9b,
            y_b: 0xc760f988c9926b26da9dd85e928483446346b8ed00e1de5d5ea93e354abe706c
        });
    }
}
