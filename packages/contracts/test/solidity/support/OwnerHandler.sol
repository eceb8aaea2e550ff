// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {BLS} from "solady/src/utils/ext/ithaca/BLS.sol";
import {EpochReport} from "../../../contracts/interfaces/IEpochReports.sol";
import {Contributor} from "../../../contracts/interfaces/IServiceNodeRegistry.sol";
import {Acting} from "./Actor.sol";
import {OwnerStakers} from "./OwnerStakers.sol";
import {Signer} from "./Signer.sol";
import {vm} from "./Vm.sol";

/// @title Whoever holds the owner's key does anything with it, against the stakers.
/// @dev All but upgrades: those are what the timelock's 22 days are for. The adversary also decides what the reports
/// that the network signs list, whom they decommission and whom they bring back.
contract OwnerHandler is OwnerStakers, Acting {
    /// @dev What the timelock may carry out from `readyAt` on.
    struct Operation {
        Deed deed;
        bytes data;
        bytes32 salt;
        uint256 readyAt;
    }

    uint256 private constant MAX_NODES = 24;

    bool private isSetUp;
    Operation[] private operations;
    uint256 private salts;
    uint64 private lastEpoch;

    function setUp() public override {
        if (isSetUp) return;
        isSetUp = true;
        super.setUp();
    }

    /// @dev One step of the adversary, after some time, and what the stakers do about it.
    function act(uint256 seed) external {
        vm.roll(block.number + 1);
        clock += seed % 9 == 0 ? seed % 12 days : seed % 3 hours;
        vm.warp(clock);
        uint256 action = (seed >> 16) % 16;
        seed = uint256(keccak256(abi.encode(seed)));
        _react();
        if (action < 4) _report(seed);
        else if (action < 7) _govern(seed);
        else if (action < 9) _carryOut(seed);
        else if (action == 9) _guard(seed);
        else if (action == 10) _emergency(seed);
        else if (action < 13) _strike(seed);
        else if (action == 13) _announceAny(seed);
        else _join(seed);
        _react();
        clock = vm.getBlockTimestamp();
    }

    // --- the network ---

    /// @dev Up to 120 reports by all active nodes that are alive; the first lists whom the adversary likes.
    function _report(uint256 seed) private {
        uint256 rounds = seed % 6 == 0 ? 1 + (seed >> 8) % 120 : 1;
        for (uint256 i = 0; i < rounds; ++i) {
            EpochReport memory report = _reportOf(_closeRunning());
            report.rewardsRoot = 0;
            if (i == 0) (report.activate, report.decommission) = (_some(seed >> 16, true), _some(seed >> 80, false));
            (uint256 secret, uint64[] memory absent) = _signers();
            BLS.G2Point memory signature = Signer.sign(secret, rewards.hashEpochReport(report));
            bytes memory data = abi.encodeCall(rewards.reportEpoch, (report, signature, absent, none));
            bool expected = _records(absent) && !rewards.paused();
            (bool success, bytes memory answer) = address(rewards).call(data);
            if (success != expected) revert Blocked(0, data, answer);
            if (!success) return;
            (++reports, ++done[uint256(Deed.Record)], lastEpoch = report.epoch);
            _observe();
            _react();
            uint256 luck = uint256(keccak256(abi.encode(seed, i)));
            if (luck % 16 == 0) _show(uint64(1 + (luck >> 8) % (stakers.length - 1)));
        }
    }

    /// @dev A share of a silent node turns up, and somebody shows it.
    function _show(uint64 id) private {
        Staker storage staker = stakers[id];
        if (staker.kind != Kind.Dead || !staker.isDown || reports == 0) return;
        BLS.G2Point memory signature = Signer.sign(id, rewards.recordedDigest(lastEpoch));
        bytes memory data = abi.encodeCall(rewards.showSigners, (lastEpoch, signature, _ids(id)));
        if (_try(data)) (staker.heardAt = reports, ++done[uint256(Deed.Show)]);
    }

    /// @dev Somebody joins: a staker of any kind, or another node of the adversary's.
    function _join(uint256 seed) private {
        uint64 id = uint64(stakers.length);
        if (id > MAX_NODES || rewards.paused()) return;
        stakers.push().kind = Kind(seed % 5);
        stakers[id].stake = rewards.stakingRequirement();
        address operator = _operator(id);
        uint128 stake = uint128(stakers[id].stake);
        token.transfer(operator, stake);
        vm.prank(operator);
        token.approve(address(rewards), stake);
        Contributor[] memory contributors = _soloOf(operator, stake);
        bytes memory data = abi.encodeCall(rewards.addBLSPublicKey, (_registration(id, operator), contributors));
        vm.prank(operator);
        (bool success,) = address(rewards).call(data);
        assertTrue(success, "joins");
        ++done[uint256(Deed.Join)];
    }

    /// @dev P-24: whether those that are not absent are two thirds of the active stake.
    function _records(uint64[] memory absent) private view returns (bool) {
        uint256 active = rewards.activeStake();
        uint256 signed = active;
        for (uint256 i = 0; i < absent.length; ++i) signed -= stakers[absent[i]].stake;
        return active != 0 && signed * 10_000 >= active * 6_667;
    }

    // --- the adversary ---

    /// @dev Schedules some call of the owner's, or makes it at once when the timelock has handed ownership over.
    function _govern(uint256 seed) private {
        uint256 kind = seed % 9;
        uint64[] memory ids = _some(seed >> 64, true);
        uint256 duration = 1 + (seed >> 8) % 30 days;
        if (kind < 2) _propose(Deed.OwnerPause, abi.encodeCall(rewards.pause, (duration)));
        else if (kind < 4) _propose(Deed.DropFromFloor, abi.encodeCall(rewards.dropFromFloor, (ids)));
        else if (kind == 4) _propose(Deed.Emergency, abi.encodeCall(rewards.emergencyDecommission, (ids, none)));
        else if (kind == 5) _propose(Deed.Takeover, abi.encodeCall(rewards.transferOwnership, (ADVERSARY)));
        else if (kind == 6) _propose(Deed.Require, abi.encodeCall(rewards.setStakingRequirement, (_requirement(seed))));
        else if (kind == 7) _propose(Deed.Require, abi.encodeCall(rewards.setClaimLimit, (1, 1)));
        else _propose(Deed.Require, abi.encodeCall(rewards.setContributionFactory, (ADVERSARY)));
    }

    function _propose(Deed deed, bytes memory data) private returns (uint256 index) {
        isWarned = true;
        index = operations.length;
        operations.push(Operation(deed, data, bytes32(++salts), vm.getBlockTimestamp() + DELAY));
        if (rewards.owner() == address(timelock)) {
            vm.prank(ADVERSARY);
            timelock.schedule(address(rewards), 0, data, 0, bytes32(salts), DELAY);
        } else {
            _execute(index);
        }
    }

    /// @dev Tries something that was scheduled, ready or not.
    function _carryOut(uint256 seed) private {
        if (rewards.pendingOwner() == ADVERSARY) {
            vm.prank(ADVERSARY);
            rewards.acceptOwnership();
            ++done[uint256(Deed.Takeover)];
        }
        if (operations.length == 0) return;
        // What was scheduled early is ready: two thirds of the tries are there.
        uint256 count = (seed >> 8) % 3 == 0 ? operations.length : 1 + operations.length / 2;
        _execute(seed % count);
    }

    function _execute(uint256 index) private {
        Operation memory operation = operations[index];
        bool isTimelocks = rewards.owner() == address(timelock);
        bool success;
        if (isTimelocks) {
            bytes32 salt = operation.salt;
            bytes memory data =
                abi.encodeCall(timelock.execute, (address(rewards), 0, operation.data, bytes32(0), salt));
            (success,) = address(timelock).call(data);
            bool isReady = vm.getBlockTimestamp() >= operation.readyAt;
            assertTrue(!success || isReady, "nothing comes before its 22 days");
        } else {
            success = _try(operation.data);
        }
        if (!success) return;
        if (operation.deed != Deed.Takeover) ++done[uint256(operation.deed)];
        _observe();
        // The timelock carries an operation out once.
        if (!isTimelocks) return;
        operations[index] = operations[operations.length - 1];
        operations.pop();
    }

    /// @dev The guardian pauses, ends its pause, or announces.
    function _guard(uint256 seed) private {
        if (seed % 3 == 0) _try(abi.encodeCall(rewards.unpause, ()));
        else if (_try(abi.encodeCall(rewards.pause, (1 + (seed >> 8) % 5 days)))) ++done[uint256(Deed.GuardianPause)];
    }

    /// @dev No report gets through for weeks, and the adversary decommissions whom it likes, the dead among them, so
    /// that reports go on; or all, of whom some come back. Scheduled and announced in parallel, as fast as the rules
    /// let it. The stakers see both.
    function _emergency(uint256 seed) private {
        bool all = seed % 3 == 0;
        uint64[] memory ids = _some(all ? type(uint256).max : (seed >> 8) | _dead(), false);
        uint64[] memory back = all ? _some((seed >> 8) | (seed >> 64), true) : none;
        uint256 index = _propose(Deed.Emergency, abi.encodeCall(rewards.emergencyDecommission, (ids, back)));
        _react();
        _pass(73 * EPOCH);
        if (_try(abi.encodeCall(rewards.announceEmergency, (ids, back)))) ++done[uint256(Deed.Announce)];
        _react();
        _pass(DELAY - 73 * EPOCH);
        _react();
        _execute(index);
    }

    /// @dev The guardian announces lists that nobody has scheduled.
    function _announceAny(uint256 seed) private {
        isWarned = true;
        _try(abi.encodeCall(rewards.announceEmergency, (_some(seed, false), none)));
    }

    /// @dev Drops all that may be dropped, or liquidates whom it can.
    function _strike(uint256 seed) private {
        uint64[] memory ids = new uint64[](stakers.length - 1);
        for (uint64 i = 0; i < ids.length; ++i) ids[i] = i + 1;
        if (seed % 2 == 0) {
            uint256 before = rewards.silentStake();
            _try(abi.encodeCall(rewards.dropSilent, (ids)));
            if (rewards.silentStake() > before) ++done[uint256(Deed.DropSilent)];
            return;
        }
        for (uint256 i = 0; i < ids.length; ++i) {
            if (_try(abi.encodeCall(rewards.liquidateBLSPublicKey, (ids[i])))) _noteLiquidation(ids[i]);
        }
    }

    // --- helpers ---

    /// @dev A call of the adversary's, which may fail.
    function _try(bytes memory data) private returns (bool success) {
        vm.prank(ADVERSARY);
        (success,) = address(rewards).call(data);
    }

    /// @dev All active nodes but the dead ones.
    function _signers() private view returns (uint256 secret, uint64[] memory absent) {
        absent = new uint64[](stakers.length);
        uint256 count = 0;
        uint256 active = rewards.activeBitmap(0);
        for (uint64 id = 1; id < stakers.length; ++id) {
            if ((active >> id) & 1 == 0) continue;
            if (stakers[id].kind == Kind.Dead) absent[count++] = id;
            else secret += id;
        }
        assembly ("memory-safe") {
            mstore(absent, count)
        }
    }

    function _dead() private view returns (uint256 mask) {
        for (uint64 id = 1; id < stakers.length; ++id) if (stakers[id].kind == Kind.Dead) mask |= 1 << id;
    }

    /// @dev Some ids, about half of them; of a list that brings back only those that are alive.
    function _some(uint256 seed, bool alive) private view returns (uint64[] memory ids) {
        ids = new uint64[](stakers.length);
        uint256 count = 0;
        for (uint64 id = 1; id < stakers.length; ++id) {
            bool isDead = stakers[id].kind == Kind.Dead;
            if ((seed >> id) & 1 == 1 && !(alive && isDead)) ids[count++] = id;
        }
        assembly ("memory-safe") {
            mstore(ids, count)
        }
    }

    /// @dev Half or twice of what it is, within what the handler can pay for.
    function _requirement(uint256 seed) private view returns (uint128) {
        uint256 current = rewards.stakingRequirement();
        return uint128((seed >> 8) % 2 == 0 && current < 10_000e9 ? 2 * current : current / 2 + 1_000);
    }

    function _soloOf(address operator, uint128 stake) private pure returns (Contributor[] memory contributors) {
        contributors = new Contributor[](1);
        contributors[0] = Contributor(operator, operator, stake);
    }

    function _pass(uint256 duration) private {
        vm.warp(vm.getBlockTimestamp() + duration);
    }
}
