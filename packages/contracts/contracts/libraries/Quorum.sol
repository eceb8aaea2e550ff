// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IServiceNodeRewards} from "../interfaces/IServiceNodeRewards.sol";
import {QuorumMath} from "./QuorumMath.sol";
import {SignatureCheck} from "./SignatureCheck.sol";

/// @title Whether enough of the stake has signed (P-24). Silent stake is on neither side.
library Quorum {
    /// @notice Reverts unless enough has signed to move money.
    function checkMoney(SignatureCheck.Signed memory signed) internal pure {
        if (!QuorumMath.reaches(signed.active, signed.activeTotal, QuorumMath.MONEY_BPS)) {
            revert IServiceNodeRewards.QuorumNotReached(signed.active, signed.activeTotal, QuorumMath.MONEY_BPS);
        }
        if (!QuorumMath.reaches(signed.floor, signed.floorTotal, QuorumMath.FLOOR_BPS)) {
            revert IServiceNodeRewards.FloorNotReached(signed.floor, signed.floorTotal, QuorumMath.FLOOR_BPS);
        }
    }

    /// @notice Whether enough has signed to move money.
    function movesMoney(SignatureCheck.Signed memory signed) internal pure returns (bool) {
        return QuorumMath.reaches(signed.active, signed.activeTotal, QuorumMath.MONEY_BPS)
            && QuorumMath.reaches(signed.floor, signed.floorTotal, QuorumMath.FLOOR_BPS);
    }

    /// @notice Reverts unless enough has signed to record a report.
    function checkRecord(SignatureCheck.Signed memory signed) internal pure {
        if (!QuorumMath.reaches(signed.active, signed.activeTotal, QuorumMath.RECORD_BPS)) {
            revert IServiceNodeRewards.QuorumNotReached(signed.active, signed.activeTotal, QuorumMath.RECORD_BPS);
        }
    }
}
