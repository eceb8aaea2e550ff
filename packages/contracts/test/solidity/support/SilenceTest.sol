// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {BLS} from "solady/src/utils/ext/ithaca/BLS.sol";
import {IEmergency} from "../../../contracts/interfaces/IEmergency.sol";
import {IServiceNodeRegistry, NodeState} from "../../../contracts/interfaces/IServiceNodeRegistry.sol";
import {EpochReport} from "../../../contracts/interfaces/IEpochReports.sol";
import {ReportTest} from "./ReportTest.sol";
import {Signer} from "./Signer.sol";
import {vm} from "./Vm.sol";

/// @dev Cheatcodes that tell whether anything was emitted.
interface LogVm {
    struct Log {
        bytes32[] topics;
        bytes data;
        address emitter;
    }

    function recordLogs() external;
    function getRecordedLogs() external returns (Log[] memory);
}

/// @title A network whose nodes fall silent, and what is tested before a pairing.
abstract contract SilenceTest is ReportTest {
    LogVm private constant logVm = LogVm(address(vm));

    /// @dev Closes and records `count` epochs, with empty lists, signed by keys that sum to `secret`.
    function _pass(uint256 count, uint256 secret) internal {
        for (uint256 i = 0; i < count; ++i) _next(secret);
    }

    /// @dev A signature that is no point of the curve: whoever pairs it reverts with `InvalidPoint`, so any other error
    /// shows that nothing was paired.
    function _offCurve() internal view returns (BLS.G2Point memory signature) {
        signature = Signer.sign(1, keccak256("off the curve"));
        signature.x_c0_b = bytes32(uint256(signature.x_c0_b) ^ 1);
    }

    /// @dev A report with a signature off the curve is refused with `expected`.
    function _refuseUnpaired(
        EpochReport memory report,
        uint64[] memory non,
        uint64[] memory extra,
        bytes memory expected
    ) internal {
        BLS.G2Point memory signature = _offCurve();
        vm.expectRevert(expected);
        rewards.reportEpoch(report, signature, non, extra);
    }

    /// @dev A showing with a signature off the curve is refused with `expected`.
    function _showUnpaired(uint64 epoch, uint64[] memory signers, bytes memory expected) internal {
        BLS.G2Point memory signature = _offCurve();
        vm.expectRevert(expected);
        rewards.showSigners(epoch, signature, signers);
    }

    /// @dev A signed contest with a signature off the curve is refused with `expected`.
    function _contestUnpaired(uint64 epoch, uint64[] memory signers, bytes memory expected) internal {
        BLS.G2Point memory signature = _offCurve();
        vm.expectRevert(expected);
        rewards.contestSigned(epoch, signature, signers);
    }

    function _runningEpoch() internal view returns (uint64) {
        return uint64((vm.getBlockTimestamp() - rewards.genesis()) / EPOCH);
    }

    /// @dev The sums of P-22, in stakes of a node.
    function _assertStakes(uint256 active, uint256 floor, uint256 silent) internal view {
        assertEq(rewards.activeStake(), active * STAKE);
        assertEq(rewards.decommissionedStake(), floor * STAKE);
        assertEq(rewards.silentStake(), silent * STAKE);
    }

    function _assertState(uint64 id, NodeState state) internal view {
        assertEq(uint256(rewards.node(id).state), uint256(state));
    }

    /// @dev Begins to note what is emitted, for `_assertNothingEmitted`.
    function _watch() internal {
        logVm.recordLogs();
    }

    function _assertNothingEmitted() internal {
        assertEq(logVm.getRecordedLogs().length, 0);
    }

    function _list(uint64 a, uint64 b, uint64 c, uint64 d) internal pure returns (uint64[] memory ids) {
        ids = new uint64[](4);
        (ids[0], ids[1], ids[2], ids[3]) = (a, b, c, d);
    }

    function _enforcedPause(uint256 until) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(IEmergency.EnforcedPause.selector, until);
    }

    function _unauthorized(address account) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(bytes4(keccak256("OwnableUnauthorizedAccount(address)")), account);
    }

    function _unknownId(uint256 id) internal view returns (bytes memory) {
        return abi.encodeWithSelector(IServiceNodeRegistry.UnknownId.selector, id, rewards.nextId());
    }
}
