// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {BPS} from "./Bps.sol";

/// @title The comparisons of P-24, exact: 16 of 24 equal stakes is below 6667 bps.
library QuorumMath {
    /// @dev The part of the active stake that moves money.
    uint256 internal constant MONEY_BPS = 9_500;
    /// @dev The part of the active stake and the floor's without which no money moves.
    uint256 internal constant FLOOR_BPS = 7_500;
    /// @dev The part of the active stake that records a report.
    uint256 internal constant RECORD_BPS = 6_667;

    /// @notice Whether `part` is at least `bps` of `whole`.
    function reaches(uint256 part, uint256 whole, uint256 bps) internal pure returns (bool) {
        return part * BPS >= whole * bps;
    }
}
