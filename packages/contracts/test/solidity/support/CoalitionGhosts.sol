// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {BLS} from "solady/src/utils/ext/ithaca/BLS.sol";
import {NodeState, SeedNode} from "../../../contracts/interfaces/IServiceNodeRegistry.sol";
import {ReportTest} from "./ReportTest.sol";
import {Signer} from "./Signer.sol";
import {vm} from "./Vm.sol";

/// @title 28 equal nodes, of which a coalition holds two thirds to just under three quarters, and what of them counts
/// where by the rules of P-112.
/// @dev Node i has the secret key i. The coalition's are the first ones, the dead the last; all others are honest. With
/// the dead off the floor the coalition holds 19 of 26 or 20 of 27: still less than 75%.
abstract contract CoalitionGhosts is ReportTest {
    struct Ghost {
        NodeState state;
        bool isSilent;
        uint256 heardAt; // in accepted reports
    }

    /// @notice A call of an honest node failed.
    error Blocked(uint64 id, bytes answer);

    uint64 internal constant N = 28;

    Ghost[N + 1] internal ghosts; // by id; 0 is nobody
    uint64 internal coalition; // its ids are 1 to this
    uint64 internal lastAlive; // the ids above are dead
    uint256 internal reports;
    uint256 internal clock;
    uint256 internal payable_; // roots that the rules let become payable
    uint256 internal honestLifetime;

    address internal constant HONEST = address(0xa11ce);
    address internal constant THIEF = address(0xbad);

    function setUp() public virtual override {
        super.setUp();
        SeedNode[] memory seeds = new SeedNode[](N);
        for (uint64 id = 1; id <= N; ++id) {
            seeds[id - 1] = _seed(id, _operator(id));
            ghosts[id].state = NodeState.Active;
        }
        rewards.seedPublicKeyList(seeds);
        token.transfer(address(rewards), rewards.principal());
        rewards.start();
        clock = vm.getBlockTimestamp();
    }

    // --- what must hold ---

    function checkAll() external {
        vm.warp(clock);
        (uint256 active, uint256 floor, uint256 silent) = _heads();
        assertEq(rewards.activeStake(), active * STAKE);
        assertEq(rewards.decommissionedStake(), floor * STAKE);
        assertEq(rewards.silentStake(), silent * STAKE);
        for (uint64 id = coalition + 1; id <= lastAlive; ++id) {
            assertTrue(ghosts[id].state != NodeState.Exited, "no honest node is liquidated");
            assertTrue(!rewards.node(id).silent, "nor dropped from the floor");
            assertTrue(rewards.node(id).state == ghosts[id].state, "and is where the rules put it");
        }
        // The premise: they are not three quarters of what counts, or they might as well be everybody.
        uint256 theirs = 0;
        for (uint64 id = 1; id <= coalition; ++id) if (_counts(id)) ++theirs;
        assertTrue(theirs * 10_000 < (active + floor) * 7_500, "the coalition is less than three quarters");
        (uint128 stolen,) = distributor.recipients(THIEF);
        assertEq(stolen, 0);
        (uint128 earned,) = distributor.recipients(HONEST);
        assertEq(earned, honestLifetime);
        assertEq(distributor.payableRootCount(), payable_);
    }

    // --- what the honest do ---

    /// @dev Each honest node that is decommissioned contests: most sign in each epoch, every third has its operator say
    /// so only when 10 reports have passed. Nothing may keep them from it.
    function _contestAll() internal {
        uint64[] memory ids = new uint64[](N);
        (uint256 count, uint256 secret) = (0, 0);
        for (uint64 id = coalition + 1; id <= lastAlive; ++id) {
            if (ghosts[id].state != NodeState.Decommissioned) continue;
            if (id % 3 != 0) {
                (ids[count++], secret) = (id, secret + id);
            } else if (reports - ghosts[id].heardAt >= 10) {
                vm.prank(_operator(id));
                _must(id, abi.encodeCall(rewards.contest, (id)));
                _ghostHear(id);
            }
        }
        if (count == 0) return;
        assembly ("memory-safe") {
            mstore(ids, count)
        }
        uint64 epoch = uint64((vm.getBlockTimestamp() - rewards.genesis()) / EPOCH);
        BLS.G2Point memory signature = Signer.sign(secret, rewards.hashContest(epoch));
        _must(ids[0], abi.encodeCall(rewards.contestSigned, (epoch, signature, ids)));
        for (uint256 i = 0; i < count; ++i) _ghostHear(ids[i]);
    }

    function _must(uint64 id, bytes memory data) private {
        (bool success, bytes memory answer) = address(rewards).call(data);
        if (!success) revert Blocked(id, answer);
    }

    // --- the rules ---

    /// @dev P-38: of 28 equal nodes the first one that may go reaches the 2% that end the list.
    function _ghostDecommission(uint64[] memory ids) internal {
        (uint256 active, uint256 floor, uint256 silent) = _heads();
        for (uint256 i = 0; i < ids.length; ++i) {
            Ghost storage ghost = ghosts[ids[i]];
            if (ghost.state != NodeState.Active || 2 * (active - 1) < active + floor + silent) continue;
            (ghost.state, ghost.heardAt) = (NodeState.Decommissioned, reports);
            return;
        }
    }

    function _ghostActivate(uint64[] memory ids) internal {
        for (uint256 i = 0; i < ids.length; ++i) {
            Ghost storage ghost = ghosts[ids[i]];
            if (ghost.state != NodeState.Decommissioned) continue;
            (ghost.state, ghost.isSilent) = (NodeState.Active, false);
        }
    }

    function _ghostHear(uint64 id) internal {
        if (ghosts[id].state == NodeState.Decommissioned) (ghosts[id].heardAt, ghosts[id].isSilent) = (reports, false);
    }

    function _ghostDrop() internal {
        for (uint64 id = 1; id <= N; ++id) {
            Ghost storage ghost = ghosts[id];
            if (ghost.state == NodeState.Decommissioned && reports - ghost.heardAt >= 48) ghost.isSilent = true;
        }
    }

    /// @dev How many nodes are in each place.
    function _heads() internal view returns (uint256 active, uint256 floor, uint256 silent) {
        for (uint64 id = 1; id <= N; ++id) {
            Ghost storage ghost = ghosts[id];
            if (ghost.state == NodeState.Active) ++active;
            if (ghost.state != NodeState.Decommissioned) continue;
            if (ghost.isSilent) ++silent;
            else ++floor;
        }
    }

    /// @dev Whether its stake is on the floor's side: neither silent nor gone.
    function _counts(uint64 id) internal view returns (bool) {
        NodeState state = ghosts[id].state;
        return state == NodeState.Active || (state == NodeState.Decommissioned && !ghosts[id].isSilent);
    }

    /// @dev P-24 by heads: what of the signers is active, and what of them counts.
    function _movesMoney(uint256 signers) internal view returns (bool) {
        (uint256 active, uint256 floor,) = _heads();
        (uint256 signedActive, uint256 signed) = (0, 0);
        for (uint64 id = 1; id <= N; ++id) {
            if ((signers >> id) & 1 == 0 || !_counts(id)) continue;
            ++signed;
            if (ghosts[id].state == NodeState.Active) ++signedActive;
        }
        return active != 0 && signedActive * 10_000 >= active * 9_500 && signed * 10_000 >= (active + floor) * 7_500;
    }

    function _records(uint256 signers) internal view returns (bool) {
        (uint256 active,,) = _heads();
        uint256 signed = 0;
        for (uint64 id = 1; id <= N; ++id) {
            if ((signers >> id) & 1 == 1 && ghosts[id].state == NodeState.Active) ++signed;
        }
        return active != 0 && signed * 10_000 >= active * 6_667;
    }

    /// @dev The secret key of a set of signers, and the lists that name it as the set of nodes is now (P-102).
    function _listsOf(uint256 signers)
        internal
        view
        returns (uint256 secret, uint64[] memory non, uint64[] memory extra)
    {
        (non, extra) = (new uint64[](N), new uint64[](N));
        (uint256 nons, uint256 extras) = (0, 0);
        for (uint64 id = 1; id <= N; ++id) {
            bool isSigner = (signers >> id) & 1 == 1;
            bool isActive = ghosts[id].state == NodeState.Active;
            if (isSigner) secret += id;
            if (isActive && !isSigner) non[nons++] = id;
            if (!isActive && isSigner) extra[extras++] = id;
        }
        assembly ("memory-safe") {
            mstore(non, nons)
            mstore(extra, extras)
        }
    }

    /// @dev The ids from `first` to `last` as bits.
    function _bits(uint64 first, uint64 last) internal pure returns (uint256) {
        return (1 << (last + 1)) - (1 << first);
    }

    function _operator(uint64 id) internal pure returns (address) {
        return address(uint160(0xe000 + id));
    }
}
