// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IEmergency} from "../interfaces/IEmergency.sol";
import {IServiceNodeRewards} from "../interfaces/IServiceNodeRewards.sol";
import {NodeSet} from "./NodeSet.sol";
import {RewardsStorage} from "./RewardsStorage.sol";

/// @title Pauses that end by themselves (P-113), and the way out when no report gets through (P-42).
/// @dev Linked: it runs on the storage of ServiceNodeRewards. Who the owner is, and telling the distributor of a pause,
/// is the caller's job.
library EmergencyLib {
    /// @dev The longest pause, and the window in which a guardian may pause: longer than the timelock's 22 days, so
    /// that a repair can land in it.
    uint256 internal constant MAX_PAUSE_SECONDS = 30 days;
    /// @dev What a guardian may begin in one window.
    uint256 internal constant MAX_GUARDIAN_PAUSES = 3;
    /// @dev Epochs without an accepted report after which an emergency may be announced: three days of hours.
    uint256 internal constant QUIET_EPOCHS = 72;

    /// @notice See `IEmergency.pause`.
    /// @return until When it ends.
    function pause(bool isOwner, uint256 duration) external returns (uint256 until) {
        RewardsStorage.Layout storage $ = RewardsStorage.load();
        if (duration == 0 || duration > MAX_PAUSE_SECONDS) {
            revert IServiceNodeRewards.ParameterOutOfRange("duration", duration);
        }
        until = block.timestamp + duration;
        if (!isOwner) {
            _checkGuardian();
            until = Math.min(until, _useWindow());
        }
        $.isOwnersPause = isOwner;
        _setPausedUntil(until);
    }

    /// @notice See `IEmergency.unpause`.
    /// @return until Now.
    function unpause(bool isOwner) external returns (uint256 until) {
        uint256 pausedUntil = RewardsStorage.load().pausedUntil;
        if (block.timestamp >= pausedUntil) revert IEmergency.NotPaused(pausedUntil);
        if (!isOwner) _checkGuardian();
        until = block.timestamp;
        _setPausedUntil(until);
    }

    /// @notice See `IEmergency.announceEmergency`.
    function announce(bool isOwner, uint64[] calldata decommission, uint64[] calldata activate) external {
        RewardsStorage.Layout storage $ = RewardsStorage.load();
        if (!isOwner && msg.sender != $.guardian) revert IEmergency.NotOwnerOrGuardian(msg.sender, $.guardian);
        _checkQuiet();
        bytes32 listsHash = hashLists(decommission, activate);
        RewardsStorage.Announcement storage announcement = $.announcements[listsHash];
        if (_isInForce(announcement)) revert IEmergency.EmergencyAnnouncedAlready(listsHash, announcement.readyAt);
        uint256 readyAt = block.timestamp + $.emergencyNoticeSeconds;
        (announcement.readyAt, announcement.acceptedReports) = (uint40(readyAt), $.acceptedReports);
        emit IEmergency.EmergencyAnnounced(listsHash, decommission, activate, readyAt);
    }

    /// @notice See `IEmergency.emergencyDecommission`.
    function carryOut(uint64[] calldata decommission, uint64[] calldata activate) external {
        RewardsStorage.Layout storage $ = RewardsStorage.load();
        bytes32 listsHash = hashLists(decommission, activate);
        RewardsStorage.Announcement storage announcement = $.announcements[listsHash];
        if (!_isInForce(announcement)) revert IEmergency.EmergencyNotAnnounced(listsHash);
        if (block.timestamp < announcement.readyAt) revert IEmergency.EmergencyTooEarly(announcement.readyAt);
        _checkQuiet();
        delete $.announcements[listsHash];
        NodeSet.decommission(decommission, false, 0);
        if (activate.length != 0 && $.activeStake != 0) revert IEmergency.ActiveStakeLeft($.activeStake);
        NodeSet.activate(activate);
        emit IEmergency.EmergencyExecuted(listsHash);
    }

    /// @notice See `IEmergency.emergency`.
    function announced(bytes32 listsHash) external view returns (uint256 readyAt, bool isVoid) {
        RewardsStorage.Announcement storage announcement = RewardsStorage.load().announcements[listsHash];
        return (announcement.readyAt, announcement.readyAt != 0 && !_isInForce(announcement));
    }

    /// @notice What an announcement is kept under.
    function hashLists(uint64[] calldata decommission, uint64[] calldata activate) public pure returns (bytes32) {
        return keccak256(abi.encode(decommission, activate));
    }

    /// @dev P-42: nothing was accepted for 72 epochs, since the last report, genesis or end of a pause.
    function _checkQuiet() private view {
        RewardsStorage.Layout storage $ = RewardsStorage.load();
        uint256 quiet = block.timestamp - Math.max($.lastReportAt, $.pausedUntil);
        uint256 required = QUIET_EPOCHS * $.epochSeconds;
        if (quiet < required) revert IEmergency.NetworkAlive(quiet, required);
    }

    function _isInForce(RewardsStorage.Announcement storage announcement) private view returns (bool) {
        return announcement.readyAt != 0 && announcement.acceptedReports == RewardsStorage.load().acceptedReports;
    }

    /// @dev That the caller is the guardian, and no pause of the owner's is running.
    function _checkGuardian() private view {
        RewardsStorage.Layout storage $ = RewardsStorage.load();
        if (msg.sender != $.guardian) revert IEmergency.NotOwnerOrGuardian(msg.sender, $.guardian);
        if ($.isOwnersPause && block.timestamp < $.pausedUntil) revert IEmergency.PausedByOwner($.pausedUntil);
    }

    /// @dev Counts a pause of the guardian's, and returns the end of its window.
    function _useWindow() private returns (uint256 end) {
        RewardsStorage.Layout storage $ = RewardsStorage.load();
        end = $.guardianWindowEndsAt;
        uint256 nextFrom = end + MAX_PAUSE_SECONDS;
        if (block.timestamp >= nextFrom) {
            end = block.timestamp + MAX_PAUSE_SECONDS;
            ($.guardianWindowEndsAt, $.guardianPauses) = (uint40(end), 1);
            return end;
        }
        if (block.timestamp >= end || $.guardianPauses == MAX_GUARDIAN_PAUSES) {
            revert IEmergency.GuardianMustWait(nextFrom);
        }
        $.guardianPauses += 1;
    }

    function _setPausedUntil(uint256 until) private {
        RewardsStorage.load().pausedUntil = uint40(until);
        emit IEmergency.Paused(until);
    }
}
