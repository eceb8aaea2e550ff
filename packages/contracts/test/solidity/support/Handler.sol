// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {BLS} from "solady/src/utils/ext/ithaca/BLS.sol";
import {ProofClaim} from "../../../contracts/interfaces/IRewardsDistributor.sol";
import {Contributor, NodeState, Registration} from "../../../contracts/interfaces/IServiceNodeRegistry.sol";
import {EarlierRecords, EpochReport} from "../../../contracts/interfaces/IServiceNodeRewards.sol";
import {ReportTest} from "./ReportTest.sol";
import {Signer} from "./Signer.sol";
import {vm} from "./Vm.sol";

/// @title Random lives of nodes and stakers, beside a model of what the contract must hold afterwards.
/// @dev Each action says beforehand whether the contract must accept it, and is compared with what it does. The model
/// keeps to the rules, not to the contract's way of storing them.
contract Handler is ReportTest {
    struct Ghost {
        NodeState state;
        uint256 secret;
        uint256 stake;
        uint256 leaveAt;
        uint256 decommissionedAt;
        uint256 decommissionedAtReport;
        uint256 unlocksAt;
        uint256 forfeited;
        uint256 withdrawn; // bit 0: the operator, bit 1: the other contributor
    }

    error Unexpected(uint256 action, bool accepted, bytes answer);

    uint256 private constant SEEDED = 8;
    uint256 private constant MAX_NODES = 60;
    uint256 private constant RECIPIENTS = 4;

    Ghost[] private ghosts; // by id; 0 is nobody
    uint256[RECIPIENTS] public lifetime;
    uint256[RECIPIENTS] public claimed;
    uint256 public clock;
    uint256 private reports;
    bool private isSetUp;
    /// @dev By action, so that a test can tell what was reached.
    uint256[12] public accepted;
    uint256[12] public refused;

    function setUp() public override {
        if (isSetUp) return;
        isSetUp = true;
        super.setUp();
        _startWith(SEEDED);
        rewards.setClaimLimit(type(uint64).max, CYCLE);
        ghosts.push();
        for (uint256 i = 1; i <= SEEDED; ++i) {
            Ghost storage ghost = ghosts.push();
            (ghost.state, ghost.secret, ghost.stake) = (NodeState.Active, i, STAKE);
        }
        clock = vm.getBlockTimestamp();
    }

    /// @dev One random action. Time passes before it, a little or a lot.
    function act(uint256 seed) external {
        vm.roll(block.number + 1);
        clock += seed % 11 == 0 ? seed % 20 days : seed % 2 hours;
        vm.warp(clock);
        uint256 action = (seed >> 16) % 12;
        seed = uint256(keccak256(abi.encode(seed)));
        if (action == 0) _enter(seed);
        else if (action == 1) _judge(seed, true);
        else if (action == 2) _judge(seed, false);
        else if (action == 3) _leave(seed);
        else if (action == 4) _exit(seed);
        else if (action == 5) _liquidate(seed);
        else if (action == 6) _withdraw(seed);
        else if (action == 7) _raise(seed);
        else if (action == 8) _lie(seed);
        else if (action == 9) _claim(seed);
        else if (action == 10) _prove(seed);
        else _owner(seed);
        clock = vm.getBlockTimestamp();
    }

    // --- what must hold ---

    function checkAll() external {
        vm.warp(clock);
        uint256 activeSecrets = 0;
        (uint256 active, uint256 decommissioned, uint256 principal, uint256 count, uint256 bits) = (0, 0, 0, 0, 0);
        for (uint256 id = 1; id < ghosts.length; ++id) {
            Ghost storage ghost = ghosts[id];
            assertEq(uint256(rewards.node(uint64(id)).state), uint256(ghost.state));
            principal += _principalOf(ghost);
            if (ghost.state != NodeState.Exited) ++count;
            if (ghost.state == NodeState.Decommissioned) decommissioned += ghost.stake;
            if (ghost.state != NodeState.Active) continue;
            active += ghost.stake;
            bits |= 1 << id;
            activeSecrets = addmod(activeSecrets, ghost.secret, Signer.ORDER);
        }
        assertEq(rewards.nextId(), ghosts.length);
        assertEq(rewards.activeBitmap(0), bits);
        assertEq(rewards.activeStake(), active);
        assertEq(rewards.decommissionedStake(), decommissioned);
        assertEq(rewards.principal(), principal);
        assertEq(rewards.nodeCount(), count);
        assertEq(abi.encode(rewards.aggregatePublicKey()), abi.encode(Signer.keyOf(activeSecrets)));
        assertEq(rewards.acceptedReports(), reports);
        _checkMoney(principal);
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
        assertEq(distributor.paused() ? 1 : 0, rewards.paused() ? 1 : 0);
    }

    // --- nodes ---

    function _enter(uint256 seed) private {
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
        bool expected = free && !rewards.paused();
        bytes memory data = abi.encodeCall(rewards.addBLSPublicKey, (registration, contributors));
        vm.prank(operator);
        if (!_call(0, expected, data)) return;
        Ghost storage ghost = ghosts.push();
        (ghost.state, ghost.secret, ghost.stake) = (NodeState.Pending, secret, stake);
    }

    /// @dev Up to 60 reports, the first of which lists one node; signed by all active nodes, or by all but some.
    function _judge(uint256 seed, bool activate) private {
        uint64 id = _any(seed);
        uint256 rounds = seed % 5 == 0 ? 60 : 1;
        for (uint256 i = 0; i < rounds; ++i) {
            (uint256 secret, uint64[] memory absent, uint256 signedStake, uint256 active,) =
                _signers(i == 0 ? seed >> 64 : 0);
            EpochReport memory report = _reportOf(_closeRunning());
            report.rewardsRoot = 0;
            if (i == 0 && activate) report.activate = _ids(id);
            if (i == 0 && !activate) report.decommission = _ids(id);
            bool expected = active != 0 && signedStake * 10_000 >= active * 6_667 && !rewards.paused();
            if (active == 0) secret = 1;
            BLS.G2Point memory signature = Signer.sign(secret, rewards.hashEpochReport(report));
            bytes memory data =
                abi.encodeCall(rewards.reportEpoch, (report, signature, absent, none, EarlierRecords(none, none)));
            if (!_call(1, expected, data)) return;
            ++reports;
            if (i == 0) _apply(id, activate);
        }
    }

    function _apply(uint64 id, bool activate) private {
        Ghost storage ghost = ghosts[id];
        if (ghost.leaveAt != 0 && vm.getBlockTimestamp() >= ghost.leaveAt + 15 days) return;
        if (activate) {
            if (ghost.state == NodeState.Pending || ghost.state == NodeState.Decommissioned) {
                ghost.state = NodeState.Active;
            }
        } else if (ghost.state == NodeState.Active) {
            (uint256 active, uint256 decommissioned) = _stakes();
            if ((active - ghost.stake) * 2 < active + decommissioned) return;
            ghost.state = NodeState.Decommissioned;
            (ghost.decommissionedAt, ghost.decommissionedAtReport) = (vm.getBlockTimestamp(), reports);
        }
    }

    function _leave(uint256 seed) private {
        uint64 id = _any(seed);
        Ghost storage ghost = ghosts[id];
        // Only the first request is tried: the repetition's hour is a unit test's business. Rare, or the network ends.
        if (ghost.leaveAt != 0 || seed % 3 != 0) return;
        vm.prank(_contributor(id, 0));
        bool ok = _call(3, ghost.state != NodeState.Exited, abi.encodeCall(rewards.initiateExitBLSPublicKey, (id)));
        if (ok) ghost.leaveAt = vm.getBlockTimestamp();
    }

    function _exit(uint256 seed) private {
        uint64 id = _any(seed);
        Ghost storage ghost = ghosts[id];
        uint256 unlocksAt = ghost.leaveAt + 15 days;
        bool expected =
            ghost.state != NodeState.Exited && ghost.leaveAt != 0 && vm.getBlockTimestamp() >= unlocksAt;
        if (!_call(4, expected, abi.encodeCall(rewards.exitBLSPublicKey, (id)))) return;
        (ghost.state, ghost.unlocksAt) = (NodeState.Exited, unlocksAt);
    }

    function _liquidate(uint256 seed) private {
        uint64 id = _any(seed);
        Ghost storage ghost = ghosts[id];
        bool isLocked = ghost.leaveAt == 0 || vm.getBlockTimestamp() < ghost.leaveAt + 15 days;
        bool expected = ghost.state == NodeState.Decommissioned && isLocked
            && reports >= ghost.decommissionedAtReport + 168 && !rewards.paused();
        (uint256 liquidatorBps, uint256 poolBps) = rewards.liquidationShares();
        if (!_call(5, expected, abi.encodeCall(rewards.liquidateBLSPublicKey, (id)))) return;
        ghost.forfeited = ghost.stake * liquidatorBps / 10_000 + ghost.stake * poolBps / 10_000;
        (ghost.state, ghost.unlocksAt) = (NodeState.Exited, ghost.decommissionedAt + 30 days);
    }

    function _withdraw(uint256 seed) private {
        uint64 id = _any(seed);
        Ghost storage ghost = ghosts[id];
        // Seeded nodes have one contributor, the others two.
        uint256 index = id <= SEEDED ? 0 : (seed >> 32) % 2;
        bool expected = ghost.state == NodeState.Exited && vm.getBlockTimestamp() >= ghost.unlocksAt
            && (ghost.withdrawn >> index) & 1 == 0;
        address contributor = _contributor(id, index);
        uint256 before = token.balanceOf(contributor);
        vm.prank(contributor);
        if (!_call(6, expected, abi.encodeCall(rewards.withdrawPrincipal, (id)))) return;
        uint256 part = _partOf(ghost, id, index) - (index == 0 ? ghost.forfeited : 0);
        assertEq(token.balanceOf(contributor), before + part);
        ghost.withdrawn |= 1 << index;
    }

    // --- money ---

    /// @dev Honest signers award what the pool has released; a part of them, or all.
    function _raise(uint256 seed) private {
        uint256 index = seed % RECIPIENTS;
        uint256 room = _room();
        if (room == 0) return;
        uint256 amount = lifetime[index] + bound(seed >> 8, 1, room);
        (uint256 secret, uint64[] memory absent, uint256 signedStake, uint256 active, uint256 total) =
            _signers(seed >> 64);
        if (active == 0) secret = 1;
        bool expected = active != 0 && signedStake * 10_000 >= active * 9_500 && signedStake * 10_000 >= total * 7_500
            && !rewards.paused();
        BLS.G2Point memory signature =
            Signer.sign(secret, rewards.hashRewardClaim(_recipient(uint160(index)), amount));
        bytes memory data =
            abi.encodeCall(rewards.updateRewardsBalance, (_recipient(uint160(index)), amount, signature, absent, none));
        if (_call(7, expected, data)) lifetime[index] = amount;
    }

    /// @dev A signature of some, with lists that claim that others signed: never accepted (P-23).
    function _lie(uint256 seed) private {
        (uint256 secret, uint64[] memory absent,, uint256 active,) = _signers(seed);
        (, uint64[] memory claimedAbsent,,,) = _signers(seed >> 128);
        if (active == 0 || keccak256(abi.encode(absent)) == keccak256(abi.encode(claimedAbsent)) || secret == 0) return;
        BLS.G2Point memory signature = Signer.sign(secret, rewards.hashRewardClaim(_recipient(0), type(uint96).max));
        _call(
            8,
            false,
            abi.encodeCall(
                rewards.updateRewardsBalance, (_recipient(0), type(uint96).max, signature, claimedAbsent, none)
            )
        );
    }

    /// @dev At the distributor or by way of the rewards contract.
    function _claim(uint256 seed) private {
        uint256 index = seed % RECIPIENTS;
        uint256 owed = lifetime[index] - claimed[index];
        uint256 amount = bound(seed >> 8, 0, owed + owed / 4);
        bool expected = amount != 0 && amount <= owed && !rewards.paused();
        address target = (seed >> 250) % 2 == 0 ? address(distributor) : address(rewards);
        vm.prank(_recipient(uint160(index)));
        if (_call(target, 9, expected, abi.encodeWithSignature("claimRewards(uint256)", amount))) claimed[index] += amount;
    }

    /// @dev A report whose tree is one leaf, and a claim by its proof, or somebody else's raise by it. At times paused
    /// between the two: then both are refused.
    function _prove(uint256 seed) private {
        uint256 index = seed % RECIPIENTS;
        uint256 room = _room();
        (uint256 secret,,, uint256 active, uint256 total) = _signers(0);
        if (room == 0 || rewards.paused() || active == 0 || active * 10_000 < total * 7_500) return;
        uint256 amount = lifetime[index] + bound(seed >> 8, 1, room);
        EpochReport memory report = _reportOf(_closeRunning());
        address recipient = _recipient(uint160(index));
        report.rewardsRoot = keccak256(abi.encode(keccak256(abi.encode(recipient, amount))));
        report.totalOwed = _owed() - lifetime[index] + amount;
        _submit(report, secret, none, none);
        ++reports;
        bool isOwn = (seed >> 250) % 2 == 0;
        bool isPaused = (seed >> 245) % 4 == 0;
        if (isPaused) rewards.pause();
        if (_useProof(recipient, amount, isOwn, !isPaused)) {
            lifetime[index] = amount;
            if (isOwn) claimed[index] = amount;
        }
        if (isPaused) rewards.unpause();
    }

    function _useProof(address recipient, uint256 amount, bool isOwn, bool expected) private returns (bool) {
        uint256 rootIndex = distributor.payableRootCount() - 1;
        bytes memory data = abi.encodeCall(distributor.claimWithProof, (amount, rootIndex, new bytes32[](0)));
        if (!isOwn) {
            ProofClaim[] memory claims = new ProofClaim[](1);
            claims[0] = ProofClaim(recipient, amount, rootIndex, new bytes32[](0));
            data = abi.encodeCall(distributor.updateRewardsBalancesWithProofs, (claims));
        }
        vm.prank(isOwn ? recipient : address(0x77));
        return _call(address(distributor), 10, expected, data);
    }

    function _owner(uint256 seed) private {
        if (seed % 3 == 0) rewards.setStakingRequirement(uint128(bound(seed >> 8, 4, 300e9)));
        else if (seed % 3 == 1) rewards.setLiquidationShares(uint16((seed >> 8) % 1_250), uint16((seed >> 32) % 1_250));
        else if (rewards.paused()) rewards.unpause();
        else if (seed % 4 == 0) rewards.pause();
    }

    // --- helpers ---

    /// @dev Calls the rewards contract and compares the outcome with what was expected.
    function _call(uint256 action, bool expected, bytes memory data) private returns (bool) {
        return _call(address(rewards), action, expected, data);
    }

    function _call(address target, uint256 action, bool expected, bytes memory data) private returns (bool success) {
        bytes memory answer;
        (success, answer) = target.call(data);
        if (success != expected) revert Unexpected(action, success, answer);
        if (success) ++accepted[action];
        else ++refused[action];
    }

    /// @dev Who signs: with a mask of zero all active nodes, else some are absent, few or many.
    function _signers(uint256 mask)
        private
        view
        returns (uint256 secret, uint64[] memory absent, uint256 signedStake, uint256 active, uint256 total)
    {
        if (mask % 2 == 0) mask = 0;
        else if (mask % 4 == 1) mask = (mask >> 8) & (mask >> 64) & (mask >> 96);
        absent = new uint64[](ghosts.length);
        uint256 count = 0;
        for (uint64 id = 1; id < ghosts.length; ++id) {
            Ghost storage ghost = ghosts[id];
            if (ghost.state == NodeState.Decommissioned) total += ghost.stake;
            if (ghost.state != NodeState.Active) continue;
            active += ghost.stake;
            if ((mask >> id) & 1 == 1) {
                absent[count++] = id;
            } else {
                secret = addmod(secret, ghost.secret, Signer.ORDER);
                signedStake += ghost.stake;
            }
        }
        total += active;
        assembly ("memory-safe") {
            mstore(absent, count)
        }
    }

    function _stakes() private view returns (uint256 active, uint256 decommissioned) {
        for (uint256 id = 1; id < ghosts.length; ++id) {
            if (ghosts[id].state == NodeState.Active) active += ghosts[id].stake;
            if (ghosts[id].state == NodeState.Decommissioned) decommissioned += ghosts[id].stake;
        }
    }

    function _principalOf(Ghost storage ghost) private view returns (uint256 left) {
        left = ghost.stake - ghost.forfeited;
        uint256 id = 0;
        for (uint256 i = 1; i < ghosts.length; ++i) if (_same(ghosts[i], ghost)) id = i;
        if (ghost.withdrawn & 1 != 0) left -= _partOf(ghost, id, 0) - ghost.forfeited;
        if (ghost.withdrawn & 2 != 0) left -= _partOf(ghost, id, 1);
    }

    function _same(Ghost storage a, Ghost storage b) private pure returns (bool same) {
        assembly ("memory-safe") {
            same := eq(a.slot, b.slot)
        }
    }

    function _partOf(Ghost storage ghost, uint256 id, uint256 index) private view returns (uint256) {
        if (id <= SEEDED) return ghost.stake;
        return index == 0 ? ghost.stake - ghost.stake / 3 : ghost.stake / 3;
    }

    function _owed() private view returns (uint256 sum) {
        for (uint256 i = 0; i < RECIPIENTS; ++i) sum += lifetime[i];
    }

    /// @dev What the pool has released beyond all lifetime amounts.
    function _room() private view returns (uint256) {
        return pool.released(vm.getBlockTimestamp()) - _owed();
    }

    function _any(uint256 seed) private view returns (uint64) {
        return uint64(1 + (seed >> 16) % (ghosts.length - 1));
    }

    function _contributor(uint256 id, uint256 index) private view returns (address) {
        if (id <= SEEDED) return address(this);
        return address(uint160((index == 0 ? 0xa000 : 0xb000) + id));
    }

    function _recipient(uint160 index) private pure returns (address) {
        return address(0xc000 + index);
    }
}
