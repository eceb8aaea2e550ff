// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {BLS} from "solady/src/utils/ext/ithaca/BLS.sol";
import {NodeState} from "../interfaces/IServiceNodeRegistry.sol";
import {IRewardsDistributor} from "../interfaces/IRewardsDistributor.sol";
import {EarlierRecords, EpochReport, IServiceNodeRewards} from "../interfaces/IServiceNodeRewards.sol";
import {NodeSet} from "./NodeSet.sol";
import {Quorum} from "./Quorum.sol";
import {RewardsStorage} from "./RewardsStorage.sol";
import {SignatureCheck} from "./SignatureCheck.sol";

/// @title Epoch reports: what is recorded, what becomes payable, whom a report activates and decommissions
/// (P-37 to P-40), and the owner's way out when no report gets through (P-42).
/// @dev Linked: it runs on the storage of ServiceNodeRewards. What a report should say is the nodes' job.
library ReportLib {
    /// @dev Ids in each list of a report: what one transaction applies (P-38).
    uint256 internal constant MAX_LIST = 64;
    /// @dev Epochs without an accepted report after which the owner may announce an emergency: three days of hours.
    uint256 internal constant QUIET_EPOCHS = 72;
    /// @dev Epochs from the announcement to the emergency: a day of hours for agents to land a report that voids it.
    uint256 internal constant NOTICE_EPOCHS = 24;

    bytes32 internal constant EPOCH_REPORT_TYPEHASH = keccak256(
        "EpochReport(uint64 epoch,bytes32 rewardsRoot,uint256 totalOwed,uint64[] activate,uint64[] decommission)"
    );

    /// @notice See `IServiceNodeRewards.reportEpoch`.
    /// @param distributor Where a root becomes payable.
    /// @param released Everything the pool has released until now (P-31), which `totalOwed` must not exceed (P-40).
    function report(
        bytes32 domainSeparator,
        IRewardsDistributor distributor,
        uint256 released,
        EpochReport calldata message,
        BLS.G2Point calldata signature,
        uint64[] calldata nonSigners,
        uint64[] calldata extraSigners,
        EarlierRecords calldata earlier
    ) external {
        RewardsStorage.Layout storage $ = RewardsStorage.load();
        RewardsStorage.EpochRecord storage entry = $.epochRecords[message.epoch];
        bytes32 digest = hash(domainSeparator, message);
        bool isFirst = entry.digest == 0;
        _checkWindow(message.epoch, isFirst);
        if (!isFirst && entry.digest != digest) {
            revert IServiceNodeRewards.AnotherReportRecorded(message.epoch, entry.digest, digest);
        }

        uint256 base = $.activeStake;
        bool becomesPayable;
        {
            (uint256 signedActive, uint256 signedFloor) =
                SignatureCheck.verify(digest, signature, nonSigners, extraSigners);
            Quorum.checkRecord(signedActive);
            becomesPayable = !entry.isPayable && message.rewardsRoot != 0 && message.totalOwed <= released
                && Quorum.movesMoney(signedActive, signedFloor);
        }
        if (isFirst) {
            _accept(message, digest);
            entry.presence = _presence(_only(nonSigners, true), _only(extraSigners, false));
        } else {
            (bool isNews, uint208 presence) = _showMore(entry, earlier, nonSigners, extraSigners);
            if (!isNews && !becomesPayable) revert IServiceNodeRewards.NothingNew(message.epoch);
            entry.presence = presence;
        }
        emit IServiceNodeRewards.EpochReportRecorded(
            message.epoch, msg.sender, digest, isFirst, becomesPayable, signature, nonSigners, extraSigners
        );
        if (becomesPayable) {
            entry.isPayable = true;
            uint256 index = distributor.addRoot(message.rewardsRoot);
            emit IServiceNodeRewards.RewardsRootPayable(message.epoch, index, message.rewardsRoot, message.totalOwed);
        }
        if (isFirst) {
            NodeSet.activate(message.activate, false);
            NodeSet.decommission(message.decommission, true, base);
        }
    }

    /// @notice See `IServiceNodeRewards.announceEmergency`.
    function announce(uint64[] calldata decommission, uint64[] calldata activate) external {
        RewardsStorage.Layout storage $ = RewardsStorage.load();
        uint256 quiet = RewardsStorage.unpausedTime() - $.lastReportAt;
        uint256 required = QUIET_EPOCHS * $.epochSeconds;
        if (quiet < required) revert IServiceNodeRewards.NetworkAlive(quiet, required);
        $.emergencyHash = keccak256(abi.encode(decommission, activate));
        $.emergencyReadyAt = uint40(RewardsStorage.unpausedTime() + NOTICE_EPOCHS * $.epochSeconds);
        $.emergencyReports = $.acceptedReports;
        emit IServiceNodeRewards.EmergencyAnnounced(decommission, activate, NOTICE_EPOCHS * $.epochSeconds);
    }

    /// @notice See `IServiceNodeRewards.emergencyDecommission`.
    function emergency(uint64[] calldata decommission, uint64[] calldata activate) external {
        RewardsStorage.Layout storage $ = RewardsStorage.load();
        bool isAnnounced = $.emergencyHash == keccak256(abi.encode(decommission, activate));
        if (!isAnnounced || $.emergencyReports != $.acceptedReports) {
            revert IServiceNodeRewards.EmergencyNotAnnounced($.emergencyHash);
        }
        uint256 time = RewardsStorage.unpausedTime();
        if (time < $.emergencyReadyAt) revert IServiceNodeRewards.EmergencyTooEarly($.emergencyReadyAt - time);
        $.emergencyHash = 0;
        NodeSet.decommission(decommission, false, 0);
        if (activate.length != 0 && $.activeStake != 0) revert IServiceNodeRewards.ActiveStakeLeft($.activeStake);
        NodeSet.activate(activate, true);
        emit IServiceNodeRewards.EmergencyExecuted();
    }

    /// @notice The EpochReport digest of P-5.
    function hash(bytes32 domainSeparator, EpochReport calldata message) public pure returns (bytes32) {
        bytes32 structHash = keccak256(
            abi.encode(
                EPOCH_REPORT_TYPEHASH,
                message.epoch,
                message.rewardsRoot,
                message.totalOwed,
                // The elements of an array, each padded to 32 bytes, without a length: just what EIP-712 hashes.
                keccak256(abi.encodePacked(message.activate)),
                keccak256(abi.encodePacked(message.decommission))
            )
        );
        return keccak256(abi.encodePacked(hex"1901", domainSeparator, structHash));
    }

    /// @dev P-37: the first record within the epoch after, further ones also in the one after that.
    function _checkWindow(uint256 epoch, bool isFirst) private view {
        RewardsStorage.Layout storage $ = RewardsStorage.load();
        uint256 from = $.genesis + (epoch + 1) * $.epochSeconds;
        uint256 until = from + (isFirst ? 1 : 2) * $.epochSeconds;
        if (block.timestamp < from || block.timestamp >= until) {
            revert IServiceNodeRewards.OutsideWindow(epoch, from, until);
        }
    }

    /// @dev The first record fixes the epoch's digest; it counts as the accepted report.
    function _accept(EpochReport calldata message, bytes32 digest) private {
        _checkLength(message.activate.length);
        _checkLength(message.decommission.length);
        RewardsStorage.Layout storage $ = RewardsStorage.load();
        $.acceptedReports += 1;
        $.lastReportAt = RewardsStorage.unpausedTime();
        RewardsStorage.EpochRecord storage entry = $.epochRecords[message.epoch];
        entry.digest = digest;
        entry.firstRecordedAt = uint40(block.timestamp);
    }

    function _checkLength(uint256 length) private pure {
        if (length > MAX_LIST) revert IServiceNodeRewards.ListTooLong(length, MAX_LIST);
    }

    /// @dev P-39: what a later record shows that the earlier ones do not. Only a hash of those is kept, so the caller
    /// names the two lists again.
    function _showMore(
        RewardsStorage.EpochRecord storage entry,
        EarlierRecords calldata earlier,
        uint64[] calldata nonSigners,
        uint64[] calldata extraSigners
    ) private view returns (bool isNews, uint208 presence) {
        if (_presence(earlier.absent, earlier.shown) != entry.presence) {
            revert IServiceNodeRewards.EarlierRecordsDiffer(earlier.absent.length, earlier.shown.length);
        }
        uint64[] memory absent = new uint64[](earlier.absent.length);
        uint256 count = 0;
        for (uint256 i = 0; i < absent.length; ++i) {
            uint64 id = earlier.absent[i];
            bool signed = _isActive(id) ? !_contains(nonSigners, id) : _contains(extraSigners, id);
            if (!signed) absent[count++] = id;
        }
        isNews = count != absent.length;
        _setLength(absent, count);

        uint64[] memory shown = new uint64[](earlier.shown.length + extraSigners.length);
        count = 0;
        uint256 next = 0; // of earlier.shown
        for (uint256 i = 0; i < extraSigners.length; ++i) {
            uint64 id = extraSigners[i];
            while (next < earlier.shown.length && earlier.shown[next] < id) shown[count++] = earlier.shown[next++];
            if (next < earlier.shown.length && earlier.shown[next] == id) continue;
            if (!_isNewExtra(id, entry.firstRecordedAt) || _contains(earlier.absent, id)) continue;
            shown[count++] = id;
            isNews = true;
        }
        while (next < earlier.shown.length) shown[count++] = earlier.shown[next++];
        _setLength(shown, count);
        presence = _presence(absent, shown);
    }

    /// @dev Whether an extra signer that no record has shown yet is new: in the set, and not active at the first record,
    /// where it was among the absent or signed.
    function _isNewExtra(uint64 id, uint256 firstRecordedAt) private view returns (bool) {
        RewardsStorage.NodeRecord storage record = RewardsStorage.load().records[id];
        return _isInactive(record.state) && record.decommissionedAt < firstRecordedAt;
    }

    /// @dev Those of `ids` that are active, or those that are pending or decommissioned.
    function _only(uint64[] calldata ids, bool active) private view returns (uint64[] memory kept) {
        kept = new uint64[](ids.length);
        uint256 count = 0;
        for (uint256 i = 0; i < ids.length; ++i) {
            bool keep = active ? _isActive(ids[i]) : _isInactive(RewardsStorage.load().records[ids[i]].state);
            if (keep) kept[count++] = ids[i];
        }
        _setLength(kept, count);
    }

    function _isActive(uint64 id) private view returns (bool) {
        return (RewardsStorage.load().activeBitmap[id >> 8] >> (id & 0xff)) & 1 == 1;
    }

    function _isInactive(NodeState state) private pure returns (bool) {
        return state == NodeState.Pending || state == NodeState.Decommissioned;
    }

    /// @dev Binary search in an ascending list.
    function _contains(uint64[] calldata ids, uint64 id) private pure returns (bool) {
        (uint256 low, uint256 high) = (0, ids.length);
        while (low < high) {
            uint256 middle = (low + high) / 2;
            if (ids[middle] < id) low = middle + 1;
            else high = middle;
        }
        return low < ids.length && ids[low] == id;
    }

    function _presence(uint64[] memory absent, uint64[] memory shown) private pure returns (uint208) {
        return uint208(uint256(keccak256(abi.encode(absent, shown))) >> 48);
    }

    function _setLength(uint64[] memory list, uint256 length) private pure {
        assembly ("memory-safe") {
            mstore(list, length)
        }
    }
}
