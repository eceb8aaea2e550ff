// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Node, NodeState} from "../../../contracts/interfaces/IServiceNodeRegistry.sol";
import {ReportTest} from "./ReportTest.sol";
import {Signer} from "./Signer.sol";
import {vm} from "./Vm.sol";

/// @dev What a random life consists of.
enum Action {
    Enter,
    Record,
    Show,
    Contest,
    ContestSigned,
    DropSilent,
    DropFromFloor,
    Leave,
    Exit,
    Liquidate,
    Withdraw,
    Raise,
    Lie,
    Claim,
    Prove,
    Pause,
    Unpause,
    Require,
    Announce,
    CarryOut
}

/// @title The model beside the contract: what it must hold, by the rules and not by its own way of storing it.
abstract contract Ghosts is ReportTest {
    struct Ghost {
        NodeState state;
        bool isSilent;
        bool isKeptOut;
        uint256 secret;
        uint256 stake;
        uint256 leaveAt;
        uint256 decommissionedAt;
        uint256 heardAt; // in accepted reports
        uint256 unlocksAt;
        uint256 forfeited;
        uint256 withdrawn; // bit 0: the operator, bit 1: the other contributor
    }

    /// @dev Who signs something: their secret keys' sum, what the contract is told of it, and the stakes that come of
    /// it.
    struct Signed {
        uint256 secret;
        uint64[] absent;
        uint64[] extra;
        uint256 active;
        uint256 floor;
    }

    struct Stakes {
        uint256 active;
        uint256 floor;
        uint256 silent;
    }

    error Unexpected(Action action, bool accepted, bytes answer);

    uint256 internal constant SEEDED = 8;
    uint256 internal constant MAX_NODES = 60;
    uint256 internal constant RECIPIENTS = 4;

    Ghost[] internal ghosts; // by id; 0 is nobody
    uint256[RECIPIENTS] internal lifetime;
    uint256[RECIPIENTS] internal claimed;
    uint256 internal reports;
    uint256 internal lastReportAt;
    uint256 internal pausedUntil;
    uint256 internal clock;
    /// @dev By action, so that a test can tell what was reached.
    uint256[20] public accepted;
    uint256[20] public refused;
    /// @dev How many nodes were dropped for silence, put back, and taken out by the owner.
    uint256 public dropped;
    uint256 public restored;
    uint256 public keptOut;

    function setUp() public virtual override {
        super.setUp();
        _startWith(SEEDED);
        rewards.setClaimLimit(type(uint64).max, CYCLE);
        ghosts.push();
        for (uint256 i = 1; i <= SEEDED; ++i) {
            Ghost storage ghost = ghosts.push();
            (ghost.state, ghost.secret, ghost.stake) = (NodeState.Active, i, STAKE);
        }
        clock = vm.getBlockTimestamp();
        lastReportAt = clock;
    }

    // --- what must hold ---

    /// @dev Recomputes every sum of P-22 and P-112 from the nodes, one by one.
    function checkAll() external {
        vm.warp(clock);
        uint256 activeSecrets = 0;
        (uint256 principal, uint256 count, uint256 bits) = (0, 0, 0);
        for (uint256 id = 1; id < ghosts.length; ++id) {
            Ghost storage ghost = ghosts[id];
            _checkNode(uint64(id), ghost);
            principal += _principalOf(id);
            if (ghost.state != NodeState.Exited) ++count;
            if (ghost.state != NodeState.Active) continue;
            bits |= 1 << id;
            activeSecrets = addmod(activeSecrets, ghost.secret, Signer.ORDER);
        }
        Stakes memory stakes = _stakes();
        assertEq(rewards.nextId(), ghosts.length);
        assertEq(rewards.activeBitmap(0), bits);
        assertEq(rewards.activeStake(), stakes.active);
        assertEq(rewards.decommissionedStake(), stakes.floor);
        assertEq(rewards.silentStake(), stakes.silent);
        assertEq(rewards.principal(), principal);
        assertEq(rewards.nodeCount(), count);
        assertEq(abi.encode(rewards.aggregatePublicKey()), abi.encode(Signer.keyOf(activeSecrets)));
        assertEq(rewards.acceptedReports(), reports);
        _checkMoney(principal);
    }

    function _checkNode(uint64 id, Ghost storage ghost) private view {
        Node memory node = rewards.node(id);
        assertEq(uint256(node.state), uint256(ghost.state));
        if (ghost.state != NodeState.Decommissioned) return;
        assertTrue(node.silent == ghost.isSilent, "silent as dropped, contested and shown");
        assertTrue(node.keptOut == ghost.isKeptOut, "kept out as the owner said");
        assertEq(node.heardAtReport, ghost.heardAt);
    }

    function _checkMoney(uint256 principal) private view {
        uint256 owed = 0;
        for (uint160 i = 0; i < RECIPIENTS; ++i) {
            (uint128 onChain, uint128 paid) = distributor.recipients(_recipient(i));
            assertEq(onChain, lifetime[i]);
            assertEq(paid, claimed[i]);
            assertTrue(paid <= onChain, "nobody receives more than the lifetime amount");
            assertEq(token.balanceOf(_recipient(i)), claimed[i]);
            owed += lifetime[i] - claimed[i];
        }
        // Principal and rewards are apart: what is paid to recipients never changes what is held for contributors.
        assertEq(token.balanceOf(address(rewards)), principal);
        uint256 held = token.balanceOf(address(distributor));
        assertTrue(held + pool.pendingRelease() >= owed, "the distributor and the pool cover all that is claimable");
        assertTrue(rewards.paused() == _paused(), "a pause ends by itself");
        assertTrue(distributor.paused() == _paused(), "in both contracts");
    }

    // --- moves of the model ---

    /// @dev P-38, P-42: what an activation does, unless the node's state or unlock time forbids it.
    function _ghostActivate(uint64 id) internal {
        Ghost storage ghost = ghosts[id];
        if (_isUnlocked(ghost)) return;
        if (ghost.state != NodeState.Pending && ghost.state != NodeState.Decommissioned) return;
        (ghost.state, ghost.isSilent, ghost.isKeptOut) = (NodeState.Active, false, false);
    }

    /// @dev P-38, P-42: what a decommission does, unless the node's state, unlock time or, when `capped`, the half of
    /// all stake forbids it.
    function _ghostDecommission(uint64 id, bool capped) internal {
        Ghost storage ghost = ghosts[id];
        if (_isUnlocked(ghost) || ghost.state != NodeState.Active) return;
        Stakes memory s = _stakes();
        if (capped && (s.active - ghost.stake) * 2 < s.active + s.floor + s.silent) return;
        ghost.state = NodeState.Decommissioned;
        (ghost.decommissionedAt, ghost.heardAt) = (vm.getBlockTimestamp(), reports);
    }

    /// @dev P-110: a contest or a showing of these nodes.
    function _ghostHear(uint64[] memory ids) internal {
        for (uint256 i = 0; i < ids.length; ++i) {
            Ghost storage ghost = ghosts[ids[i]];
            if (ghost.state != NodeState.Decommissioned) continue;
            ghost.heardAt = reports;
            if (!ghost.isSilent || ghost.isKeptOut) continue;
            ghost.isSilent = false;
            ++restored;
        }
    }

    // --- what the model says ---

    function _paused() internal view returns (bool) {
        return vm.getBlockTimestamp() < pausedUntil;
    }

    function _isUnlocked(Ghost storage ghost) internal view returns (bool) {
        return ghost.leaveAt != 0 && vm.getBlockTimestamp() >= ghost.leaveAt + 15 days;
    }

    function _stakes() internal view returns (Stakes memory s) {
        for (uint256 id = 1; id < ghosts.length; ++id) {
            Ghost storage ghost = ghosts[id];
            if (ghost.state == NodeState.Active) s.active += ghost.stake;
            if (ghost.state != NodeState.Decommissioned) continue;
            if (ghost.isSilent) s.silent += ghost.stake;
            else s.floor += ghost.stake;
        }
    }

    /// @dev Who signs: with an even mask all active nodes, else some are absent, few or many, and inactive ones sign
    /// too.
    function _signers(uint256 mask) internal view returns (Signed memory signed) {
        bool inactiveSign = mask % 8 == 3;
        if (mask % 2 == 0) mask = 0;
        else if (mask % 4 == 1) mask = (mask >> 8) & (mask >> 64) & (mask >> 96);
        (signed.absent, signed.extra) = (new uint64[](ghosts.length), new uint64[](ghosts.length));
        (uint256 absent, uint256 extra) = (0, 0);
        for (uint64 id = 1; id < ghosts.length; ++id) {
            Ghost storage ghost = ghosts[id];
            bool isActive = ghost.state == NodeState.Active;
            bool marked = (mask >> id) & 1 == 1;
            if (isActive && marked) signed.absent[absent++] = id;
            if (isActive ? marked : !(inactiveSign && marked)) continue;
            if (!isActive) signed.extra[extra++] = id;
            signed.secret = addmod(signed.secret, ghost.secret, Signer.ORDER);
            if (isActive) signed.active += ghost.stake;
            else if (ghost.state == NodeState.Decommissioned && !ghost.isSilent) signed.floor += ghost.stake;
        }
        signed.floor += signed.active;
        _shorten(signed.absent, absent);
        _shorten(signed.extra, extra);
        // Nobody's signature would be infinity, which no library makes.
        if (signed.secret == 0) signed.secret = 1;
    }

    /// @dev P-24, of the stake as it is now.
    function _records(Signed memory signed) internal view returns (bool) {
        uint256 active = _stakes().active;
        return active != 0 && signed.active * 10_000 >= active * 6_667;
    }

    /// @dev P-24, of the stake as it is now.
    function _movesMoney(Signed memory signed) internal view returns (bool) {
        Stakes memory s = _stakes();
        return s.active != 0 && signed.active * 10_000 >= s.active * 9_500
            && signed.floor * 10_000 >= (s.active + s.floor) * 7_500;
    }

    function _principalOf(uint256 id) private view returns (uint256 left) {
        Ghost storage ghost = ghosts[id];
        left = ghost.stake - ghost.forfeited;
        if (ghost.withdrawn & 1 != 0) left -= _partOf(id, 0) - ghost.forfeited;
        if (ghost.withdrawn & 2 != 0) left -= _partOf(id, 1);
    }

    /// @dev The stake of a contributor; seeded nodes have one, the others two.
    function _partOf(uint256 id, uint256 index) internal view returns (uint256) {
        uint256 stake = ghosts[id].stake;
        if (id <= SEEDED) return stake;
        return index == 0 ? stake - stake / 3 : stake / 3;
    }

    function _contributor(uint256 id, uint256 index) internal view returns (address) {
        if (id <= SEEDED) return address(this);
        return address(uint160((index == 0 ? 0xa000 : 0xb000) + id));
    }

    function _recipient(uint160 index) internal pure returns (address) {
        return address(0xc000 + index);
    }

    // --- helpers ---

    /// @dev Calls the rewards contract and compares the outcome with what was expected.
    function _call(Action action, bool expected, bytes memory data) internal returns (bool) {
        return _call(address(rewards), action, expected, data);
    }

    function _call(address target, Action action, bool expected, bytes memory data) internal returns (bool success) {
        bytes memory answer;
        (success, answer) = target.call(data);
        if (success != expected) revert Unexpected(action, success, answer);
        if (success) ++accepted[uint256(action)];
        else ++refused[uint256(action)];
    }

    function _any(uint256 seed) internal view returns (uint64) {
        return uint64(1 + (seed >> 16) % (ghosts.length - 1));
    }

    /// @dev The ids whose bit is set in the mask, ascending.
    function _idsOf(uint256 mask) internal view returns (uint64[] memory ids) {
        ids = new uint64[](ghosts.length);
        uint256 count = 0;
        for (uint64 id = 1; id < ghosts.length; ++id) if ((mask >> id) & 1 == 1) ids[count++] = id;
        _shorten(ids, count);
    }

    function _secretOf(uint64[] memory ids) internal view returns (uint256 secret) {
        for (uint256 i = 0; i < ids.length; ++i) secret = addmod(secret, ghosts[ids[i]].secret, Signer.ORDER);
    }

    function _shorten(uint64[] memory list, uint256 length) internal pure {
        assembly ("memory-safe") {
            mstore(list, length)
        }
    }
}
