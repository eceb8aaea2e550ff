// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {NodeState} from "../../../contracts/interfaces/IServiceNodeRegistry.sol";
import {Acting} from "./Actor.sol";
import {Action} from "./Ghosts.sol";
import {MoneyActions} from "./MoneyActions.sol";
import {vm} from "./Vm.sol";

/// @title Random lives of nodes and stakers, beside a model of what the contract must hold afterwards.
/// @dev Each action says beforehand whether the contract must accept it, and is compared with what it does. What owner
/// and guardian do is here; the rest is in the parts.
contract Handler is MoneyActions, Acting {
    struct Announcement {
        uint256 readyAt;
        uint256 reports;
    }

    bool private isSetUp;
    bool private isOwnersPause;
    uint256 private windowEndsAt;
    uint256 private windowPauses;
    uint256 private requirementChangedAt;
    mapping(bytes32 listsHash => Announcement) private announcements;
    uint64[] private toDecommission; // the lists of the last announcement that was tried
    uint64[] private toActivate;

    function setUp() public override {
        if (isSetUp) return;
        isSetUp = true;
        super.setUp();
    }

    /// @dev One random action. Time passes before it, a little or a lot.
    function act(uint256 seed) external {
        vm.roll(block.number + 1);
        clock += seed % 11 == 0 ? seed % 20 days : seed % 2 hours;
        vm.warp(clock);
        uint256 action = (seed >> 16) % 20;
        seed = uint256(keccak256(abi.encode(seed)));
        if (action < 2) _enter(seed);
        else if (action == 2) _judge(seed, true);
        else if (action < 6) _judge(seed, false);
        else if (action == 6) _leave(seed);
        else if (action == 7) _exit(seed);
        else if (action == 8) _liquidate(seed);
        else if (action == 9) _withdraw(seed);
        else if (action == 10) _raise(seed);
        else if (action == 11) _lie(seed);
        else if (action == 12) _claim(seed);
        else if (action == 13) _prove(seed);
        else if (action == 14) _showSome(seed);
        else if (action == 15) _contestSome(seed);
        else if (action == 16) _contestOne(seed);
        else if (action == 17) _dropSome(seed >> 1, seed % 4 == 0);
        else if (action == 18) _emergency(seed);
        else _powers(seed);
        clock = vm.getBlockTimestamp();
    }

    // --- pauses and the requirement ---

    function _powers(uint256 seed) private {
        uint256 kind = seed % 8;
        // Short for the most part: in a pause there is little to see.
        uint256 duration = (seed >> 8) % 6 == 0 ? (seed >> 16) % 31 days : (seed >> 16) % 3 hours;
        if (kind < 2) _pauseFor(duration);
        else if (kind < 4) _pauseByGuardian(duration);
        else if (kind == 4) _endPause();
        else if (kind == 5) _endPauseByGuardian();
        else _require(seed);
    }

    function _pauseFor(uint256 duration) internal override {
        bytes memory data = abi.encodeCall(rewards.pause, (duration));
        if (!_call(Action.Pause, duration != 0 && duration <= 30 days, data)) return;
        (pausedUntil, isOwnersPause) = (vm.getBlockTimestamp() + duration, true);
    }

    function _endPause() internal override {
        if (_call(Action.Unpause, _paused(), abi.encodeCall(rewards.unpause, ()))) pausedUntil = vm.getBlockTimestamp();
    }

    /// @dev P-113: three pauses in a window of 30 days, and none in the 30 days after it.
    function _pauseByGuardian(uint256 duration) private {
        uint256 time = vm.getBlockTimestamp();
        bool opens = time >= windowEndsAt + 30 days;
        bool expected = duration != 0 && duration <= 30 days && !(_paused() && isOwnersPause)
            && (opens || (time < windowEndsAt && windowPauses < 3));
        vm.prank(GUARDIAN);
        if (!_call(Action.Pause, expected, abi.encodeCall(rewards.pause, (duration)))) return;
        if (opens) (windowEndsAt, windowPauses) = (time + 30 days, 0);
        ++windowPauses;
        (pausedUntil, isOwnersPause) = (Math.min(time + duration, windowEndsAt), false);
    }

    function _endPauseByGuardian() private {
        vm.prank(GUARDIAN);
        bool success = _call(Action.Unpause, _paused() && !isOwnersPause, abi.encodeCall(rewards.unpause, ()));
        if (success) pausedUntil = vm.getBlockTimestamp();
    }

    /// @dev P-115: from a quarter to two and a half times of what it is; half to twice is allowed, every 15 days.
    function _require(uint256 seed) private {
        uint256 current = rewards.stakingRequirement();
        uint256 next = Math.max(1_000, current * bound(seed >> 8, 25, 250) / 100);
        uint256 time = vm.getBlockTimestamp();
        bool expected = time >= requirementChangedAt + 15 days && next <= 2 * current && 2 * next >= current
            && next <= type(uint64).max;
        bytes memory data = abi.encodeCall(rewards.setStakingRequirement, (uint128(next)));
        if (_call(Action.Require, expected, data)) requirementChangedAt = time;
    }

    // --- emergencies (P-42) ---

    /// @dev Announces lists, or tries to carry the last ones out; at times the network is quiet for as long as it
    /// takes.
    function _emergency(uint256 seed) private {
        if (seed % 2 == 0) _pass(73 * EPOCH);
        if (seed % 3 != 0) _announce(seed >> 8);
        if (seed % 3 == 1) _pass(NOTICE);
        if (seed % 3 != 2) _carryOut();
    }

    function _announce(uint256 seed) private {
        delete toDecommission;
        delete toActivate;
        if (seed % 2 == 0) {
            toDecommission.push(_any(seed));
            if (seed % 4 == 0) toActivate.push(_any(seed >> 8));
        } else {
            // Nobody is left active, and everybody comes back.
            for (uint64 id = 1; id < ghosts.length; ++id) {
                if (ghosts[id].state == NodeState.Active) toDecommission.push(id);
                toActivate.push(id);
            }
        }
        Announcement storage announcement = announcements[_listsHash()];
        bool isInForce = announcement.readyAt != 0 && announcement.reports == reports;
        bytes memory data = abi.encodeCall(rewards.announceEmergency, (toDecommission, toActivate));
        if ((seed >> 16) % 2 == 0) vm.prank(GUARDIAN);
        if (!_call(Action.Announce, _isQuiet() && !isInForce, data)) return;
        (announcement.readyAt, announcement.reports) = (vm.getBlockTimestamp() + NOTICE, reports);
    }

    function _carryOut() private {
        Announcement storage announcement = announcements[_listsHash()];
        bool expected = _isQuiet() && announcement.readyAt != 0 && announcement.reports == reports
            && vm.getBlockTimestamp() >= announcement.readyAt && (toActivate.length == 0 || _allGo());
        bytes memory data = abi.encodeCall(rewards.emergencyDecommission, (toDecommission, toActivate));
        if (!_call(Action.CarryOut, expected, data)) return;
        delete announcements[_listsHash()];
        for (uint256 i = 0; i < toDecommission.length; ++i) _ghostDecommission(toDecommission[i], false);
        for (uint256 i = 0; i < toActivate.length; ++i) _ghostActivate(toActivate[i]);
    }

    /// @dev Whether the list takes every active node.
    function _allGo() private view returns (bool) {
        uint256 mask = 0;
        for (uint256 i = 0; i < toDecommission.length; ++i) mask |= 1 << toDecommission[i];
        for (uint256 id = 1; id < ghosts.length; ++id) {
            bool stays = (mask >> id) & 1 == 0 || _isUnlocked(ghosts[id]);
            if (ghosts[id].state == NodeState.Active && stays) return false;
        }
        return true;
    }

    function _isQuiet() private view returns (bool) {
        if (_paused()) return false;
        return vm.getBlockTimestamp() - Math.max(lastReportAt, pausedUntil) >= 72 * EPOCH;
    }

    function _listsHash() private view returns (bytes32) {
        return keccak256(abi.encode(toDecommission, toActivate));
    }

    function _pass(uint256 duration) private {
        vm.warp(vm.getBlockTimestamp() + duration);
    }
}
