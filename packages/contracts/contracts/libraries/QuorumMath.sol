// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {BPS} from "./Bps.sol";

/// @title The arithmetic of quorums (P-24), apart from storage, so that it can be proved: test/proofs/QuorumMath.sol.
/// @dev Stakes are atomic units of at most 96 bits. Comparisons are exact: nothing is divided, so nothing is rounded.
library QuorumMath {
    /// @dev The part of the active stake that moves money.
    uint256 internal constant MONEY_BPS = 9_500;
    /// @dev The part of the stake in the floor without which no money moves.
    uint256 internal constant FLOOR_BPS = 7_500;
    /// @dev The part of the active stake that records a report.
    uint256 internal constant RECORD_BPS = 6_667;

    /// @notice Whether `signed` is at least `bps` of `total`, which `BPS` is the whole of.
    function reaches(uint256 signed, uint256 total, uint256 bps) internal pure returns (bool) {
        unchecked {
            return signed * BPS >= total * bps; // 96 bits and 14
        }
    }

    /// @notice Whether enough has signed to move money: of the active stake, and of the stake in the floor.
    function moves(uint256 signedActive, uint256 active, uint256 signedFloor, uint256 floorTotal)
        internal
        pure
        returns (bool)
    {
        return reaches(signedActive, active, MONEY_BPS) && reaches(signedFloor, floorTotal, FLOOR_BPS);
    }

    /// @notice Whether enough active stake has signed to record a report.
    function records(uint256 signedActive, uint256 active) internal pure returns (bool) {
        return reaches(signedActive, active, RECORD_BPS);
    }
}
