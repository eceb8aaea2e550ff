// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {BLS} from "solady/src/utils/ext/ithaca/BLS.sol";
import {EpochReport} from "../../../contracts/interfaces/IEpochReports.sol";
import {NetworkTest} from "./NetworkTest.sol";
import {Signer} from "./Signer.sol";
import {vm} from "./Vm.sol";

/// @title A network that reports its epochs.
abstract contract ReportTest is NetworkTest {
    uint256 internal constant EPOCH = 1 hours;

    /// @dev A report with a root, nothing owed and empty lists.
    function _reportOf(uint64 epoch) internal pure returns (EpochReport memory report) {
        report.epoch = epoch;
        report.rewardsRoot = keccak256(abi.encode("root", epoch));
    }

    /// @dev Goes to the first second at which the epoch's report may be recorded.
    function _close(uint64 epoch) internal {
        vm.warp(rewards.genesis() + (epoch + 1) * EPOCH);
    }

    /// @dev Goes to the close of the running epoch and returns it: its report may be recorded now.
    function _closeRunning() internal returns (uint64 epoch) {
        epoch = uint64((vm.getBlockTimestamp() - rewards.genesis()) / EPOCH);
        _close(epoch);
    }

    /// @dev Submits a report signed by nodes whose secret keys sum to `secret`.
    function _submit(EpochReport memory report, uint256 secret, uint64[] memory non, uint64[] memory extra) internal {
        BLS.G2Point memory signature = Signer.sign(secret, rewards.hashEpochReport(report));
        rewards.reportEpoch(report, signature, non, extra);
    }

    /// @dev As `_submit`, and it must revert with `expected`.
    function _refuse(
        EpochReport memory report,
        uint256 secret,
        uint64[] memory non,
        uint64[] memory extra,
        bytes memory expected
    ) internal {
        BLS.G2Point memory signature = Signer.sign(secret, rewards.hashEpochReport(report));
        vm.expectRevert(expected);
        rewards.reportEpoch(report, signature, non, extra);
    }

    /// @dev Closes the running epoch and records its report, with empty lists, signed by keys that sum to `secret`.
    function _next(uint256 secret) internal {
        _submit(_reportOf(_closeRunning()), secret, none, none);
    }

    /// @dev Closes the running epoch and records a report that decommissions `ids` within its caps.
    function _decommission(uint64[] memory ids, uint256 secret) internal {
        EpochReport memory report = _reportOf(_closeRunning());
        report.decommission = ids;
        _submit(report, secret, none, none);
    }

    /// @dev Closes the running epoch and records a report that activates `ids`.
    function _activate(uint64[] memory ids, uint256 secret) internal {
        EpochReport memory report = _reportOf(_closeRunning());
        report.activate = ids;
        _submit(report, secret, none, none);
    }

    /// @dev Shows `signers`, whose secret keys sum to `secret`, to have signed a report.
    function _show(EpochReport memory report, uint256 secret, uint64[] memory signers) internal {
        BLS.G2Point memory signature = Signer.sign(secret, rewards.hashEpochReport(report));
        rewards.showSigners(report.epoch, signature, signers);
    }

    /// @dev Contests for `signers`, whose secret keys sum to `secret`, in the running epoch.
    function _contest(uint256 secret, uint64[] memory signers) internal {
        uint64 epoch = uint64((vm.getBlockTimestamp() - rewards.genesis()) / EPOCH);
        rewards.contestSigned(epoch, Signer.sign(secret, rewards.hashContest(epoch)), signers);
    }
}
