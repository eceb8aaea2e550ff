// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EpochReport} from "../../contracts/interfaces/IEpochReports.sol";
import {Node, NodeState, SeedNode} from "../../contracts/interfaces/IServiceNodeRegistry.sol";
import {Signer} from "./support/Signer.sol";
import {SilenceTest} from "./support/SilenceTest.sol";
import {vm} from "./support/Vm.sol";

/// @dev P-22, P-112: random moves of six nodes of different stakes. Beside them goes a model that keeps to the table;
/// after each move every sum of the contract is computed anew from it.
contract MovesFuzzTest is SilenceTest {
    enum Place {
        Pending,
        Active,
        Floor,
        Silent,
        KeptOut,
        Exited
    }

    struct Ghost {
        Place place;
        uint256 stake;
        uint256 heardAt;
        uint256 leaveAt;
    }

    uint64 private constant N = 6;

    mapping(uint256 id => Ghost) private ghosts; // the secret key of node i is 2^i: no two sets have one sum
    uint256 private accepted;
    uint64 private recorded; // the last epoch with a record
    /// @dev By action, how often it moved something.
    uint256[10] private moved;

    function setUp() public override {
        super.setUp();
        _seedAndStart();
    }

    function _seedAndStart() private {
        SeedNode[] memory one = new SeedNode[](1);
        for (uint64 id = 1; id <= N; ++id) {
            uint128 stake = STAKE + uint128(1e9 << id);
            rewards.setStakingRequirement(stake);
            vm.warp(vm.getBlockTimestamp() + 15 days);
            one[0] = _seed(1 << id);
            one[0].contributors[0].stake = stake;
            rewards.seedPublicKeyList(one);
            ghosts[id] = Ghost(id > 4 ? Place.Pending : Place.Active, stake, 0, 0);
        }
        token.transfer(address(rewards), rewards.principal());
        rewards.start();
        rewards.setState(5, NodeState.Pending);
        rewards.setState(6, NodeState.Pending);
    }

    function testFuzz_P22_P112_every_sum_follows_from_the_moves(uint256[30] memory seeds) public {
        for (uint256 i = 0; i < seeds.length; ++i) {
            _act(seeds[i]);
            _check();
        }
    }

    /// @dev The fuzz is worth something only if every action moves something at times.
    function test_P112_random_moves_reach_every_move() public {
        for (uint256 i = 0; i < 1_000; ++i) {
            // A new network when this one has come to an end.
            if (_stakeIn(Place.Exited) > 3 * STAKE) _again();
            _act(uint256(keccak256(abi.encode("move", i))));
            _check();
        }
        for (uint256 i = 0; i < moved.length; ++i) {
            assertTrue(moved[i] > 0, string.concat("action ", vm.toString(i)));
        }
    }

    function _again() private {
        _deploy();
        (accepted, recorded) = (0, 0);
        _seedAndStart();
    }

    // --- actions ---

    function _act(uint256 seed) private {
        uint256 action = seed % 10;
        seed >>= 8;
        bool hasMoved = true;
        if (action == 0) hasMoved = _report(seed);
        else if (action == 1) _passReports(seed);
        else if (action == 2) hasMoved = _drop(_three(seed), false);
        else if (action == 3) hasMoved = _drop(_three(seed), true);
        else if (action == 4) hasMoved = _contestAlone(uint64(1 + seed % N));
        else if (action == 5) hasMoved = _contestTogether(seed);
        else if (action == 6) hasMoved = _showSome(seed);
        else if (action == 7) hasMoved = _leaveOrExit(seed);
        else if (action == 8) hasMoved = _liquidate(uint64(1 + seed % N));
        else hasMoved = _emergency(seed);
        if (hasMoved) ++moved[action];
    }

    function _report(uint256 seed) private returns (bool) {
        if (_stakeIn(Place.Active) == 0) return false;
        EpochReport memory report = _reportOf(_closeRunning());
        (report.activate, report.decommission) = (_three(seed), _three(seed >> 24));
        uint256 base = _stakeIn(Place.Active);
        _submit(report, _secretsIn(Place.Active), none, none);
        (accepted, recorded) = (accepted + 1, report.epoch);
        _modelActivate(report.activate);
        _modelDecommission(report.decommission, true, base);
        return true;
    }

    function _passReports(uint256 seed) private {
        uint32[3] memory counts = [uint32(1), 47, 120];
        uint32 count = counts[seed % 3];
        rewards.passReports(count);
        accepted += count;
    }

    function _drop(uint64[] memory ids, bool byOwner) private returns (bool hasMoved) {
        if (byOwner) rewards.dropFromFloor(ids);
        else rewards.dropSilent(ids);
        for (uint256 i = 0; i < ids.length; ++i) {
            Ghost storage ghost = ghosts[ids[i]];
            if (!_isKnown(ids[i])) continue;
            bool isDue = ghost.place == Place.Floor && accepted - ghost.heardAt >= 48;
            if (byOwner) isDue = ghost.place == Place.Floor || ghost.place == Place.Silent;
            if (!isDue) continue;
            ghost.place = byOwner ? Place.KeptOut : Place.Silent;
            hasMoved = true;
        }
    }

    function _contestAlone(uint64 id) private returns (bool) {
        bool isDue = _isDecommissioned(id);
        (bool done,) = address(rewards).call(abi.encodeCall(rewards.contest, (id)));
        assertTrue(done == isDue, "contests exactly for decommissioned nodes");
        if (done) _modelHear(_ids(id));
        return done;
    }

    function _contestTogether(uint256 seed) private returns (bool) {
        (uint64[] memory ids, uint256 secret) = _subset(seed);
        bool isDue = false;
        for (uint256 i = 0; i < ids.length; ++i) isDue = isDue || _isDecommissioned(ids[i]);
        if (!isDue) return false;
        _contest(secret, ids);
        _modelHear(ids);
        return true;
    }

    function _showSome(uint256 seed) private returns (bool) {
        (uint64[] memory ids, uint256 secret) = _subset(seed);
        bool isDue = false;
        for (uint256 i = 0; i < ids.length; ++i) isDue = isDue || ghosts[ids[i]].place != Place.Exited;
        if (rewards.recordedDigest(recorded) == 0 || recorded + 1 != _runningEpoch() || !isDue) return false;
        bytes32 digest = rewards.recordedDigest(recorded);
        rewards.showSigners(recorded, Signer.sign(secret, digest), ids);
        _modelHear(ids);
        return true;
    }

    function _leaveOrExit(uint256 seed) private returns (bool done) {
        uint64 id = uint64(1 + seed % N);
        Ghost storage ghost = ghosts[id];
        vm.warp(vm.getBlockTimestamp() + (seed >> 8) % 8 days);
        if (ghost.leaveAt == 0 && ghost.place != Place.Exited && (seed >> 32) % 3 == 0) {
            rewards.initiateExitBLSPublicKey(id);
            ghost.leaveAt = vm.getBlockTimestamp();
        }
        (done,) = address(rewards).call(abi.encodeCall(rewards.exitBLSPublicKey, (id)));
        assertTrue(done == (ghost.place != Place.Exited && _isUnlocked(id)), "exits exactly when unlocked");
        if (done) ghost.place = Place.Exited;
    }

    function _liquidate(uint64 id) private returns (bool done) {
        bool isDue = _isDecommissioned(id) && !_isUnlocked(id) && accepted - ghosts[id].heardAt >= 168;
        (done,) = address(rewards).call(abi.encodeCall(rewards.liquidateBLSPublicKey, (id)));
        assertTrue(done == isDue, "liquidates exactly the silent");
        if (done) ghosts[id].place = Place.Exited;
    }

    function _emergency(uint256 seed) private returns (bool done) {
        uint64[] memory decommission = seed % 3 == 0 ? _three(seed >> 8) : _range(1, N);
        uint64[] memory activate = seed % 3 == 1 ? none : _three(seed >> 40);
        vm.warp(vm.getBlockTimestamp() + 72 * EPOCH);
        // The same lists may be in force since an emergency that was refused.
        (uint256 readyAt, bool isVoid) = rewards.emergency(keccak256(abi.encode(decommission, activate)));
        if (readyAt == 0 || isVoid) rewards.announceEmergency(decommission, activate);
        vm.warp(vm.getBlockTimestamp() + NOTICE);
        uint256 left = 0;
        for (uint64 id = 1; id <= N; ++id) {
            bool goes = ghosts[id].place == Place.Active && !_isUnlocked(id) && _contains(decommission, id);
            if (ghosts[id].place == Place.Active && !goes) left += 1;
        }
        (done,) = address(rewards).call(abi.encodeCall(rewards.emergencyDecommission, (decommission, activate)));
        assertTrue(done == (activate.length == 0 || left == 0), "activates only when nobody is active");
        if (!done) return false;
        _modelDecommission(decommission, false, 0);
        _modelActivate(activate);
    }

    // --- the model ---

    function _modelActivate(uint64[] memory ids) private {
        for (uint256 i = 0; i < ids.length; ++i) {
            if (!_isKnown(ids[i]) || _isUnlocked(ids[i])) continue;
            Ghost storage ghost = ghosts[ids[i]];
            if (ghost.place == Place.Pending || _isDecommissioned(ids[i])) ghost.place = Place.Active;
        }
    }

    function _modelDecommission(uint64[] memory ids, bool capped, uint256 base) private {
        uint256 total = _stakeIn(Place.Active) + _stakeIn(Place.Floor) + _stakeIn(Place.Silent)
            + _stakeIn(Place.KeptOut);
        uint256 removed = 0;
        for (uint256 i = 0; i < ids.length; ++i) {
            Ghost storage ghost = ghosts[ids[i]];
            if (!_isKnown(ids[i]) || ghost.place != Place.Active || _isUnlocked(ids[i])) continue;
            if (capped && 2 * (_stakeIn(Place.Active) - ghost.stake) < total) continue;
            (ghost.place, ghost.heardAt) = (Place.Floor, accepted);
            removed += ghost.stake;
            if (capped && removed * 10_000 >= base * 200) break;
        }
    }

    function _modelHear(uint64[] memory ids) private {
        for (uint256 i = 0; i < ids.length; ++i) {
            if (!_isDecommissioned(ids[i])) continue;
            Ghost storage ghost = ghosts[ids[i]];
            ghost.heardAt = accepted;
            if (ghost.place == Place.Silent) ghost.place = Place.Floor;
        }
    }

    /// @dev Everything that the contract sums up, from the places alone.
    function _check() private view {
        assertEq(rewards.activeStake(), _stakeIn(Place.Active));
        assertEq(rewards.decommissionedStake(), _stakeIn(Place.Floor));
        assertEq(rewards.silentStake(), _stakeIn(Place.Silent) + _stakeIn(Place.KeptOut));
        uint256 secrets = _secretsIn(Place.Active);
        // Bit i stands for node i in the bitmap, and is its secret key.
        assertEq(rewards.activeBitmap(0), secrets);
        bytes memory key = secrets == 0 ? new bytes(128) : abi.encode(Signer.keyOf(secrets));
        assertEq(abi.encode(rewards.aggregatePublicKey()), key);
        for (uint64 id = 1; id <= N; ++id) {
            Node memory node = rewards.node(id);
            Place place = ghosts[id].place;
            assertEq(uint256(node.state), uint256(_stateOf(place)));
            if (!_isDecommissioned(id)) continue;
            assertTrue(node.silent == (place != Place.Floor), "silent");
            assertTrue(node.keptOut == (place == Place.KeptOut), "kept out");
            assertEq(node.heardAtReport, ghosts[id].heardAt);
        }
    }

    function _stateOf(Place place) private pure returns (NodeState) {
        if (place == Place.Pending) return NodeState.Pending;
        if (place == Place.Active) return NodeState.Active;
        return place == Place.Exited ? NodeState.Exited : NodeState.Decommissioned;
    }

    function _stakeIn(Place place) private view returns (uint256 sum) {
        for (uint64 id = 1; id <= N; ++id) if (ghosts[id].place == place) sum += ghosts[id].stake;
    }

    function _secretsIn(Place place) private view returns (uint256 sum) {
        for (uint64 id = 1; id <= N; ++id) if (ghosts[id].place == place) sum += 1 << id;
    }

    function _isKnown(uint64 id) private pure returns (bool) {
        return id != 0 && id <= N;
    }

    function _isDecommissioned(uint64 id) private view returns (bool) {
        Place place = ghosts[id].place;
        return place == Place.Floor || place == Place.Silent || place == Place.KeptOut;
    }

    function _isUnlocked(uint64 id) private view returns (bool) {
        return ghosts[id].leaveAt != 0 && vm.getBlockTimestamp() >= ghosts[id].leaveAt + 15 days;
    }

    // --- draws ---

    /// @dev Three ids, unknown and equal ones among them.
    function _three(uint256 seed) private pure returns (uint64[] memory ids) {
        ids = new uint64[](3);
        for (uint256 i = 0; i < 3; ++i) ids[i] = uint64((seed >> (8 * i)) % (N + 2));
    }

    function _subset(uint256 seed) private pure returns (uint64[] memory ids, uint256 secret) {
        secret = seed & (2 ** (N + 1) - 2);
        if (secret == 0) secret = 2;
        uint256 count = 0;
        for (uint64 id = 1; id <= N; ++id) count += (secret >> id) & 1;
        ids = new uint64[](count);
        count = 0;
        for (uint64 id = 1; id <= N; ++id) if ((secret >> id) & 1 == 1) ids[count++] = id;
    }

    function _contains(uint64[] memory ids, uint64 id) private pure returns (bool) {
        for (uint256 i = 0; i < ids.length; ++i) if (ids[i] == id) return true;
        return false;
    }
}
