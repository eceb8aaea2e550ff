// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {BLS} from "solady/src/utils/ext/ithaca/BLS.sol";
import {EpochReport, IEpochReports} from "../interfaces/IEpochReports.sol";
import {NodeState} from "../interfaces/IServiceNodeRegistry.sol";
import {IRewardsDistributor} from "../interfaces/IRewardsDistributor.sol";
import {Digests} from "./Digests.sol";
import {Epochs} from "./Epochs.sol";
import {Ids} from "./Ids.sol";
import {NodeSet} from "./NodeSet.sol";
import {Quorum} from "./Quorum.sol";
import {RewardsStorage} from "./RewardsStorage.sol";
import {SignatureCheck} from "./SignatureCheck.sol";
import {SignerList} from "./SignerList.sol";

/// @title Epoch reports: what is recorded, what becomes payable, whom a report activates and decommissions, and who is
/// shown to have signed it (P-37 to P-40).
/// @dev Linked: it runs on the storage of ServiceNodeRewards. What a report should say is the nodes' job.
library ReportLib {
    /// @dev Ids in each list of a report: what one transaction applies (P-38).
    uint256 internal constant MAX_LIST = 64;
    /// @dev For how many epochs `isPayable` can tell: one bit for each in a slot that a record writes anyway.
    uint256 internal constant PAYABLE_BITS = 16;

    /// @notice See `IEpochReports.reportEpoch`.
    /// @param distributor Where a root becomes payable.
    /// @param released Everything the pool has released until now (P-31), which `totalOwed` must not exceed (P-40).
    function report(
        bytes32 domainSeparator,
        IRewardsDistributor distributor,
        uint256 released,
        EpochReport calldata message,
        BLS.G2Point calldata signature,
        uint64[] calldata nonSigners,
        uint64[] calldata extraSigners
    ) external {
        RewardsStorage.Layout storage $ = RewardsStorage.load();
        bytes32 digest = Digests.epochReport(domainSeparator, message);
        bool isFirst = _checkEpoch(message, digest);
        if (!isFirst) _checkRoot(message, released);

        uint256 base = $.activeStake;
        bool becomesPayable;
        {
            (BLS.G1Point memory key, uint256 signedActive, uint256 signedFloor) =
                SignatureCheck.sum(nonSigners, extraSigners);
            // The weaker quorum follows from the stronger one, so a later record is tested for that alone.
            if (isFirst) Quorum.checkRecord(signedActive);
            else Quorum.checkMoney(signedActive, signedFloor);
            becomesPayable = message.rewardsRoot != 0 && message.totalOwed <= released
                && Quorum.movesMoney(signedActive, signedFloor);
            SignatureCheck.check(key, digest, signature);
        }
        if (isFirst) _accept(message, digest, becomesPayable);
        else $.payableBits |= _bitOf(message.epoch);
        emit IEpochReports.EpochReportRecorded(
            message.epoch,
            msg.sender,
            digest,
            isFirst,
            becomesPayable,
            signature,
            _only(nonSigners, true),
            _only(extraSigners, false)
        );
        if (becomesPayable) {
            uint256 index = distributor.addRoot(message.rewardsRoot);
            emit IEpochReports.RewardsRootPayable(message.epoch, index, message.rewardsRoot, message.totalOwed);
        }
        if (isFirst) {
            NodeSet.activate(message.activate);
            NodeSet.decommission(message.decommission, true, base);
        }
    }

    /// @notice See `IEpochReports.showSigners`.
    function show(uint64 epoch, BLS.G2Point calldata signature, uint64[] calldata signers) external {
        bytes32 digest = RewardsStorage.load().recordedDigests[epoch];
        if (digest == 0) revert IEpochReports.NoRecord(epoch);
        uint256 end = Epochs.endOf(epoch);
        Epochs.checkWithin(epoch, end, end + Epochs.length());
        if (!SignerList.any(signers, _isInSet)) revert IEpochReports.NobodyToShow(epoch);
        SignatureCheck.checkExactly(digest, signature, signers);
        emit IEpochReports.SignersShown(epoch, msg.sender, signature, signers);
        NodeSet.hear(_only(signers, false)); // an active node is heard anyway
    }

    /// @notice See `IEpochReports.isPayable`.
    function isPayable(uint64 epoch) external view returns (bool) {
        uint256 running = Epochs.running();
        if (epoch + PAYABLE_BITS < running) revert IEpochReports.EpochTooOld(epoch, running - PAYABLE_BITS);
        return _isPayable(epoch);
    }

    /// @notice The EpochReport digest of P-5.
    function hash(bytes32 domainSeparator, EpochReport calldata message) external pure returns (bytes32) {
        return Digests.epochReport(domainSeparator, message);
    }

    /// @dev P-37, P-39: that a record of this epoch may come now, and whether it is the first.
    function _checkEpoch(EpochReport calldata message, bytes32 digest) private view returns (bool isFirst) {
        bytes32 recorded = RewardsStorage.load().recordedDigests[message.epoch];
        isFirst = recorded == 0;
        uint256 end = Epochs.endOf(message.epoch);
        uint256 length = Epochs.length();
        Epochs.checkWithin(message.epoch, end, end + (isFirst ? length / 2 : 2 * length));
        if (isFirst) {
            _checkLength(message.activate.length);
            _checkLength(message.decommission.length);
        } else if (recorded != digest) {
            revert IEpochReports.AnotherReportRecorded(message.epoch, recorded, digest);
        }
    }

    /// @dev P-39: what of a root keeps a later record from making it payable.
    function _checkRoot(EpochReport calldata message, uint256 released) private view {
        if (_isPayable(message.epoch)) revert IEpochReports.AlreadyPayable(message.epoch);
        if (message.rewardsRoot == 0) revert IEpochReports.RootIsZero(message.epoch);
        if (message.totalOwed > released) revert IEpochReports.OwedExceedsReleased(message.totalOwed, released);
    }

    /// @dev Fixes the epoch's digest and counts its report.
    function _accept(EpochReport calldata message, bytes32 digest, bool becomesPayable) private {
        RewardsStorage.Layout storage $ = RewardsStorage.load();
        $.recordedDigests[message.epoch] = digest;
        uint16 bit = _bitOf(message.epoch);
        ($.acceptedReports, $.lastReportAt, $.payableBits) = (
            $.acceptedReports + 1,
            uint40(block.timestamp),
            becomesPayable ? $.payableBits | bit : $.payableBits & ~bit
        );
    }

    function _isPayable(uint64 epoch) private view returns (bool) {
        RewardsStorage.Layout storage $ = RewardsStorage.load();
        return $.recordedDigests[epoch] != 0 && $.payableBits & _bitOf(epoch) != 0;
    }

    function _bitOf(uint64 epoch) private pure returns (uint16) {
        return uint16(1 << (epoch % PAYABLE_BITS));
    }

    function _checkLength(uint256 length) private pure {
        if (length > MAX_LIST) revert IEpochReports.ListTooLong(length, MAX_LIST);
    }

    /// @dev Those of `ids`, which ascend, that are active, or those that are not.
    function _only(uint64[] calldata ids, bool active) private view returns (uint64[] memory kept) {
        RewardsStorage.Layout storage $ = RewardsStorage.load();
        kept = new uint64[](ids.length);
        uint256 count = 0;
        uint256 word = type(uint256).max;
        uint256 bits = 0; // of the bitmap's `word`: read once for all its ids
        for (uint256 i = 0; i < ids.length; ++i) {
            uint64 id = ids[i];
            if (id >> 8 != word) {
                word = id >> 8;
                bits = $.activeBitmap[word];
            }
            if (((bits >> (id & 0xff)) & 1 == 1) == active) kept[count++] = id;
        }
        return Ids.shorten(kept, count);
    }

    function _isInSet(NodeState state) private pure returns (bool) {
        return state != NodeState.None && state != NodeState.Exited;
    }
}
