// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {BLS} from "solady/src/utils/ext/ithaca/BLS.sol";
import {Contributor, NodeState, Registration} from "../../../contracts/interfaces/IServiceNodeRegistry.sol";
import {EpochReport} from "../../../contracts/interfaces/IEpochReports.sol";
import {Action, Ghosts} from "./Ghosts.sol";
import {Signer} from "./Signer.sol";
import {vm} from "./Vm.sol";

/// @title What happens to nodes: they enter, are judged, heard, dropped, leave, and get their principal back.
abstract contract NodeActions is Ghosts {
    uint64 internal lastEpoch; // the last with a record

    function _enter(uint256 seed) internal {
        uint256 id = ghosts.length;
        if (id > MAX_NODES) return;
        // A fresh key, or that of some node: taken only when that has exited and nobody has taken it since.
        uint256 secret = uint256(keccak256(abi.encode("secret", id))) % Signer.ORDER;
        bool free = true;
        if (seed % 3 == 0) {
            secret = ghosts[1 + seed % (id - 1)].secret;
            for (uint256 i = 1; i < id; ++i) {
                if (ghosts[i].secret == secret && ghosts[i].state != NodeState.Exited) free = false;
            }
        }
        uint128 stake = uint128(rewards.stakingRequirement());
        address operator = _contributor(id, 0);
        Contributor[] memory contributors = new Contributor[](2);
        contributors[0] = Contributor(operator, operator, stake - stake / 3);
        contributors[1] = Contributor(_contributor(id, 1), operator, stake / 3);
        Registration memory registration = _registration(secret, operator);
        token.transfer(operator, stake);
        vm.prank(operator);
        token.approve(address(rewards), stake);
        bytes memory data = abi.encodeCall(rewards.addBLSPublicKey, (registration, contributors));
        vm.prank(operator);
        if (!_call(Action.Enter, free && !_paused(), data)) return;
        Ghost storage ghost = ghosts.push();
        (ghost.state, ghost.secret, ghost.stake) = (NodeState.Pending, secret, stake);
    }

    /// @dev One report or many, up to a week of them, of which the first lists one node; signed by all active nodes, or
    /// the first by all but some. At times too late for a first record.
    function _judge(uint256 seed, bool activate) internal {
        uint64 id = _any(seed);
        uint256 rounds = seed % 32 == 0 ? 170 : seed % 8 == 0 ? 50 : 1;
        for (uint256 i = 0; i < rounds; ++i) {
            Signed memory signed = _signers(i == 0 ? seed >> 64 : 0);
            EpochReport memory report = _reportOf(_closeRunning());
            report.rewardsRoot = 0;
            if (i == 0 && activate) report.activate = _ids(id);
            if (i == 0 && !activate) report.decommission = _ids(id);
            bool inTime = i != 0 || (seed >> 40) % 8 != 0;
            if (!inTime) vm.warp(vm.getBlockTimestamp() + EPOCH / 2);
            if (!_record(report, signed, inTime && _records(signed) && !_paused())) return;
            if (i != 0) continue;
            if (activate) _ghostActivate(id);
            else _ghostDecommission(id, true);
        }
    }

    function _record(EpochReport memory report, Signed memory signed, bool expected) internal returns (bool success) {
        BLS.G2Point memory signature = Signer.sign(signed.secret, rewards.hashEpochReport(report));
        success = _call(
            Action.Record,
            expected,
            abi.encodeCall(rewards.reportEpoch, (report, signature, signed.absent, signed.extra))
        );
        if (!success) return false;
        (++reports, lastReportAt = vm.getBlockTimestamp(), lastEpoch = report.epoch);
    }

    /// @dev Shows some nodes in the last record; at times one that is named has not signed, or the time has passed.
    function _showSome(uint256 seed) internal {
        uint64[] memory ids = _idsOf(seed % 4 != 0 ? 1 << _any(seed) : (seed >> 64) & (seed >> 128));
        bytes32 digest = rewards.recordedDigest(lastEpoch);
        if ((seed >> 8) % 8 == 0) vm.warp(vm.getBlockTimestamp() + EPOCH);
        uint256 time = vm.getBlockTimestamp();
        uint256 end = rewards.genesis() + (lastEpoch + 1) * EPOCH;
        bool inTime = time >= end && time < end + EPOCH;
        uint256 lie = (seed >> 16) % 5 == 0 ? 1 : 0;
        bool expected = reports != 0 && inTime && lie == 0 && _anyOf(ids, NodeState.Exited, false);
        BLS.G2Point memory signature = Signer.sign(addmod(_secretOf(ids), lie, Signer.ORDER), digest);
        bytes memory data = abi.encodeCall(rewards.showSigners, (lastEpoch, signature, ids));
        if (_call(Action.Show, expected, data)) _ghostHear(ids);
    }

    /// @dev Contests for some nodes in the running epoch or the one before; at times in another, or with a lie.
    function _contestSome(uint256 seed) internal {
        uint64[] memory ids = _idsOf(seed % 4 != 0 ? 1 << _any(seed) : (seed >> 64) & (seed >> 128));
        uint256 running = (vm.getBlockTimestamp() - rewards.genesis()) / EPOCH;
        uint256 back = (seed >> 8) % 16 == 0 ? 2 : (seed >> 8) % 2;
        if (running < 2) back = 0;
        uint64 epoch = uint64(running - back);
        uint256 lie = (seed >> 16) % 5 == 0 ? 1 : 0;
        bool expected = back < 2 && lie == 0 && _anyOf(ids, NodeState.Decommissioned, true);
        uint256 secret = addmod(_secretOf(ids), lie, Signer.ORDER);
        BLS.G2Point memory signature = Signer.sign(secret, rewards.hashContest(epoch));
        bytes memory data = abi.encodeCall(rewards.contestSigned, (epoch, signature, ids));
        if (_call(Action.ContestSigned, expected, data)) _ghostHear(ids);
    }

    /// @dev An operator contests for its node, or somebody else tries.
    function _contestOne(uint256 seed) internal {
        uint64 id = _any(seed);
        bool isOperator = seed % 8 != 0;
        bool expected = isOperator && ghosts[id].state == NodeState.Decommissioned;
        vm.prank(isOperator ? _contributor(id, 0) : address(0x57));
        if (_call(Action.Contest, expected, abi.encodeCall(rewards.contest, (id)))) _ghostHear(_ids(id));
    }

    /// @dev Names any nodes, one twice and one that is not there; only the fit ones move.
    function _dropSome(uint256 seed, bool byOwner) internal {
        uint64[] memory named = _idsOf(byOwner ? 1 << _any(seed) : type(uint256).max);
        uint64[] memory ids = new uint64[](named.length + 2);
        for (uint256 i = 0; i < named.length; ++i) ids[i] = named[i];
        (ids[named.length], ids[named.length + 1]) = (_any(seed), 900);
        bool success = byOwner
            ? _call(Action.DropFromFloor, true, abi.encodeCall(rewards.dropFromFloor, (ids)))
            : _call(Action.DropSilent, !_paused(), abi.encodeCall(rewards.dropSilent, (ids)));
        if (!success) return;
        for (uint256 i = 0; i <= named.length; ++i) {
            Ghost storage ghost = ghosts[ids[i]];
            if (ghost.state != NodeState.Decommissioned) continue;
            if (byOwner) {
                if (!ghost.isKeptOut) ++keptOut;
                (ghost.isSilent, ghost.isKeptOut) = (true, true);
            } else if (!ghost.isSilent && reports - ghost.heardAt >= 48) {
                ghost.isSilent = true;
                ++dropped;
            }
        }
    }

    function _leave(uint256 seed) internal {
        uint64 id = _any(seed);
        Ghost storage ghost = ghosts[id];
        // Only the first request is tried: the repetition's hour is a unit test's business. Rare, or the network ends.
        if (ghost.leaveAt != 0 || seed % 3 != 0) return;
        vm.prank(_contributor(id, 0));
        bytes memory data = abi.encodeCall(rewards.initiateExitBLSPublicKey, (id));
        if (_call(Action.Leave, ghost.state != NodeState.Exited, data)) ghost.leaveAt = vm.getBlockTimestamp();
    }

    function _exit(uint256 seed) internal {
        uint64 id = _any(seed);
        Ghost storage ghost = ghosts[id];
        bool expected = ghost.state != NodeState.Exited && _isUnlocked(ghost);
        if (!_call(Action.Exit, expected, abi.encodeCall(rewards.exitBLSPublicKey, (id)))) return;
        (ghost.state, ghost.unlocksAt) = (NodeState.Exited, ghost.leaveAt + 15 days);
    }

    /// @dev Any node, or the one that nobody has heard of for longest.
    function _liquidate(uint256 seed) internal {
        uint64 id = _any(seed);
        for (uint64 other = 1; seed % 2 == 0 && other < ghosts.length; ++other) {
            if (ghosts[other].state != NodeState.Decommissioned) continue;
            bool isLonger = ghosts[id].state != NodeState.Decommissioned || ghosts[other].heardAt < ghosts[id].heardAt;
            if (isLonger) id = other;
        }
        Ghost storage ghost = ghosts[id];
        bool expected = ghost.state == NodeState.Decommissioned && !_isUnlocked(ghost) && !_paused()
            && reports >= ghost.heardAt + 168;
        address liquidator = address(0x11c);
        uint256 before = token.balanceOf(liquidator);
        vm.prank(liquidator);
        if (!_call(Action.Liquidate, expected, abi.encodeCall(rewards.liquidateBLSPublicKey, (id)))) return;
        assertEq(token.balanceOf(liquidator), before + ghost.stake * 3 / 10_000);
        ghost.forfeited = ghost.stake * 3 / 10_000 + ghost.stake * 17 / 10_000;
        (ghost.state, ghost.unlocksAt) = (NodeState.Exited, ghost.decommissionedAt + 30 days);
    }

    function _withdraw(uint256 seed) internal {
        uint64 id = _any(seed);
        Ghost storage ghost = ghosts[id];
        uint256 index = id <= SEEDED ? 0 : (seed >> 32) % 2;
        bool expected = ghost.state == NodeState.Exited && vm.getBlockTimestamp() >= ghost.unlocksAt
            && (ghost.withdrawn >> index) & 1 == 0;
        address contributor = _contributor(id, index);
        uint256 before = token.balanceOf(contributor);
        vm.prank(contributor);
        if (!_call(Action.Withdraw, expected, abi.encodeCall(rewards.withdrawPrincipal, (id)))) return;
        uint256 part = _partOf(id, index) - (index == 0 ? ghost.forfeited : 0);
        assertEq(token.balanceOf(contributor), before + part);
        ghost.withdrawn |= 1 << index;
    }

    /// @dev Whether one of `ids` at least is in a state, or is not.
    function _anyOf(uint64[] memory ids, NodeState state, bool isIn) private view returns (bool) {
        for (uint256 i = 0; i < ids.length; ++i) if ((ghosts[ids[i]].state == state) == isIn) return true;
        return false;
    }
}
