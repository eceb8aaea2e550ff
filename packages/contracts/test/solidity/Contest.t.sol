// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {BLS} from "solady/src/utils/ext/ithaca/BLS.sol";
import {IContests} from "../../contracts/interfaces/IContests.sol";
import {IEpochReports} from "../../contracts/interfaces/IEpochReports.sol";
import {
    Contributor,
    IServiceNodeRegistry,
    NodeState,
    Registration
} from "../../contracts/interfaces/IServiceNodeRegistry.sol";
import {IServiceNodeRewards} from "../../contracts/interfaces/IServiceNodeRewards.sol";
import {Signer} from "./support/Signer.sol";
import {SilenceTest} from "./support/SilenceTest.sol";
import {vm} from "./support/Vm.sol";

/// @dev P-110, P-111: silence, and who says that a node is alive. The moves of the table are in Moves.t.sol.
contract ContestTest is SilenceTest {
    uint256 private constant N = 20;
    /// @dev The decommissioned nodes, and the sum of the others' secret keys.
    uint64 private constant FIRST = 19;
    uint64 private constant SECOND = 20;
    uint256 private constant REST = (N - 2) * (N - 1) / 2;
    address private constant OPERATOR = address(0x0e);
    address private constant CONTRIBUTOR = address(0x1a);

    function setUp() public override {
        super.setUp();
        _startWith(N);
        rewards.setState(FIRST, NodeState.Decommissioned);
        rewards.setState(SECOND, NodeState.Decommissioned);
    }

    // --- dropSilent ---

    function test_P110_from_48_silent_reports_on_anyone_drops_a_node() public {
        _pass(47, REST);
        _watch();
        rewards.dropSilent(_ids(FIRST));
        _assertNothingEmitted();
        _assertStakes(18, 2, 0);
        _next(REST);
        vm.expectEmit(address(rewards));
        emit IContests.ServiceNodesDropped(_ids(FIRST), false);
        vm.prank(address(0xcafe));
        rewards.dropSilent(_ids(FIRST));
        _assertStakes(18, 1, 1);
        assertTrue(rewards.node(FIRST).silent && !rewards.node(FIRST).keptOut, "silent");
        assertTrue(!rewards.node(SECOND).silent, "in the floor");
        // A dropped node stays what it is: decommissioned, in nobody's key.
        _assertState(FIRST, NodeState.Decommissioned);
        assertEq(abi.encode(rewards.aggregatePublicKey()), abi.encode(Signer.keyOf(REST)));
    }

    function test_P110_only_first_records_count_as_accepted() public {
        for (uint256 i = 0; i < 47; ++i) {
            // A first record that is not payable, a later one that is, and a showing.
            uint64 epoch = _closeRunning();
            _submit(_reportOf(epoch), REST - 1, _ids(1), none);
            _submit(_reportOf(epoch), REST, none, none);
            _show(_reportOf(epoch), 1, _ids(1));
        }
        assertEq(rewards.acceptedReports(), 47);
        rewards.dropSilent(_ids(FIRST));
        _assertStakes(18, 2, 0);
    }

    function test_P110_ids_that_are_not_fit_are_passed_over() public {
        uint64 pending = _register(50, OPERATOR);
        rewards.setState(1, NodeState.Exited);
        _pass(48, REST - 1);
        _contest(SECOND, _ids(SECOND));
        rewards.setState(18, NodeState.Decommissioned);
        uint64[] memory ids = new uint64[](9);
        (ids[0], ids[1], ids[2], ids[3], ids[4]) = (type(uint64).max, 0, 1, 2, pending);
        (ids[5], ids[6], ids[7], ids[8]) = (SECOND, FIRST, 18, FIRST);
        vm.expectEmit(address(rewards));
        emit IContests.ServiceNodesDropped(_ids(FIRST), false);
        rewards.dropSilent(ids);
        _assertStakes(16, 2, 1);
        _watch();
        rewards.dropSilent(ids);
        rewards.dropSilent(none);
        _assertNothingEmitted();
        _assertStakes(16, 2, 1);
    }

    function test_P110_a_call_moves_nodes_in_the_order_in_which_it_names_them() public {
        _pass(48, REST);
        vm.expectEmit(address(rewards));
        emit IContests.ServiceNodesDropped(_ids(SECOND, FIRST), false);
        rewards.dropSilent(_ids(SECOND, FIRST));
        _assertStakes(18, 0, 2);
    }

    function test_P110_decommission_contest_and_showing_each_begin_the_count_anew() public {
        _pass(30, REST);
        _contest(FIRST, _ids(FIRST));
        uint64 epoch = _closeRunning();
        _submit(_reportOf(epoch), REST, none, none);
        _show(_reportOf(epoch), SECOND, _ids(SECOND));
        _decommission(_ids(1), REST); // and so is node 1, by the 32nd report
        uint256 secret = REST - 1;
        assertEq(rewards.node(FIRST).heardAtReport, 30);
        assertEq(rewards.node(SECOND).heardAtReport, 31);
        assertEq(rewards.node(1).heardAtReport, 32);
        _pass(45, secret);
        uint64[] memory ids = new uint64[](3);
        (ids[0], ids[1], ids[2]) = (1, FIRST, SECOND);
        rewards.dropSilent(ids);
        _assertStakes(17, 3, 0);
        for (uint256 i = 1; i <= 3; ++i) {
            _next(secret);
            rewards.dropSilent(ids);
            _assertStakes(17, 3 - i, i);
        }
    }

    function test_P23_P24_silent_stake_is_on_neither_side() public {
        for (uint64 id = 15; id <= 18; ++id) rewards.setState(id, NodeState.Decommissioned);
        uint256 secret = _sumTo(14);
        _pass(47, secret);
        // 14 of 20 decide nothing about money. 15 signs as well: 15 of 20.
        bytes32 digest = rewards.hashRewardClaim(address(9), 5);
        BLS.G2Point memory signature = Signer.sign(secret, digest);
        bytes memory floor =
            abi.encodeWithSelector(IServiceNodeRewards.FloorNotReached.selector, 14 * STAKE, 20 * STAKE, 7_500);
        vm.expectRevert(floor);
        rewards.updateRewardsBalance(address(9), 5, signature, none, none);
        _next(secret);
        assertEq(distributor.payableRootCount(), 0);
        rewards.dropSilent(_range(15, 20));
        _assertStakes(14, 0, 6);
        // The key of a silent extra signer is added, its stake is not.
        (uint256 signedActive, uint256 signedFloor) =
            rewards.verify(digest, Signer.sign(_sumTo(16), digest), none, _ids(15, 16));
        assertEq(signedActive, 14 * STAKE);
        assertEq(signedFloor, 14 * STAKE);
        rewards.updateRewardsBalance(address(9), 5, signature, none, none);
        _next(secret);
        assertEq(distributor.payableRootCount(), 1);
    }

    // --- contest ---

    function test_P111_the_operator_contests_alone() public {
        uint64 pooled = _pooled();
        rewards.setState(pooled, NodeState.Decommissioned);
        _pass(50, REST);
        rewards.dropSilent(_ids(pooled));
        _assertStakes(18, 2, 1);
        vm.expectEmit(address(rewards));
        emit IContests.ServiceNodesHeard(_ids(pooled));
        vm.expectEmit(address(rewards));
        emit IContests.ServiceNodesRestored(_ids(pooled));
        vm.prank(OPERATOR);
        rewards.contest(pooled);
        _assertStakes(18, 3, 0);
        assertTrue(!rewards.node(pooled).silent, "in the floor");
        assertEq(rewards.node(pooled).heardAtReport, 50);
        // Again, with nothing to restore.
        _next(REST);
        vm.prank(OPERATOR);
        rewards.contest(pooled);
        assertEq(rewards.node(pooled).heardAtReport, 51);
        _assertStakes(18, 3, 0);
    }

    function test_P111_nobody_else_contests_for_a_node_not_even_its_contributor() public {
        uint64 pooled = _pooled();
        rewards.setState(pooled, NodeState.Decommissioned);
        address[4] memory others = [CONTRIBUTOR, address(this), GUARDIAN, address(0xcafe)];
        for (uint256 i = 0; i < others.length; ++i) {
            vm.prank(others[i]);
            vm.expectRevert(
                abi.encodeWithSelector(IServiceNodeRegistry.CallerNotOperator.selector, others[i], OPERATOR)
            );
            rewards.contest(pooled);
        }
    }

    function test_P111_refuses_a_node_that_is_not_decommissioned() public {
        bytes memory unknown = _unknownId(N + 1);
        vm.expectRevert(unknown);
        rewards.contest(uint64(N) + 1);
        bytes memory zero = _unknownId(0);
        vm.expectRevert(zero);
        rewards.contest(0);
        rewards.setState(2, NodeState.Pending);
        rewards.setState(3, NodeState.Exited);
        for (uint64 id = 1; id <= 3; ++id) {
            vm.expectRevert(abi.encodeWithSelector(IServiceNodeRegistry.NodeNotDecommissioned.selector, id));
            rewards.contest(id);
        }
    }

    // --- contestSigned ---

    function test_P111_contestSigned_is_for_the_running_epoch_and_the_one_before() public {
        _close(9); // epoch 10 runs
        BLS.G2Point memory signature = Signer.sign(FIRST, rewards.hashContest(10));
        uint256 begin = rewards.genesis() + 10 * EPOCH;
        bytes memory outside =
            abi.encodeWithSelector(IEpochReports.OutsideWindow.selector, 10, begin, begin + 2 * EPOCH);
        vm.warp(begin - 1);
        _contestUnpaired(10, _ids(FIRST), outside);
        vm.warp(begin + 2 * EPOCH);
        _contestUnpaired(10, _ids(FIRST), outside);
        uint256[2] memory times = [begin, begin + 2 * EPOCH - 1];
        for (uint256 i = 0; i < 2; ++i) {
            vm.warp(times[i]);
            vm.expectEmit(address(rewards));
            emit IContests.ServiceNodesHeard(_ids(FIRST));
            vm.prank(address(0xcafe));
            rewards.contestSigned(10, signature, _ids(FIRST));
        }
        uint256 far = rewards.genesis() + uint256(type(uint64).max) * EPOCH;
        _contestUnpaired(
            type(uint64).max,
            _ids(FIRST),
            abi.encodeWithSelector(IEpochReports.OutsideWindow.selector, type(uint64).max, far, far + 2 * EPOCH)
        );
    }

    function test_P111_contestSigned_not_before_the_start() public {
        _deploy();
        _contestUnpaired(0, _ids(FIRST), abi.encodeWithSelector(IServiceNodeRewards.NotStarted.selector));
    }

    function test_P111_contestSigned_takes_signers_in_any_state_and_hears_the_decommissioned_ones() public {
        uint64 pending = _register(50, OPERATOR);
        rewards.setState(3, NodeState.Exited);
        _pass(48, REST - 3);
        rewards.dropSilent(_ids(SECOND));
        uint64 epoch = _runningEpoch();
        uint64[] memory ids = new uint64[](5);
        (ids[0], ids[1], ids[2], ids[3], ids[4]) = (2, 3, FIRST, SECOND, pending);
        BLS.G2Point memory signature = Signer.sign(2 + 3 + FIRST + SECOND + 50, rewards.hashContest(epoch));
        vm.expectEmit(address(rewards));
        emit IContests.ServiceNodesHeard(_ids(FIRST, SECOND));
        vm.expectEmit(address(rewards));
        emit IContests.ServiceNodesRestored(_ids(SECOND));
        rewards.contestSigned(epoch, signature, ids);
        _assertStakes(17, 2, 0);
        assertEq(rewards.node(2).heardAtReport, 0);
        assertEq(rewards.node(3).heardAtReport, 0);
        assertEq(rewards.node(pending).heardAtReport, 0);
        // Of exactly these: the exited one's key is among them.
        ids[1] = 4;
        _contestRefused(epoch, signature, ids);
    }

    function test_P111_contestSigned_is_of_exactly_the_listed_nodes_over_the_contest_of_the_epoch() public {
        _close(9);
        bytes32 digest = rewards.hashContest(10);
        _contestRefused(10, Signer.sign(FIRST, digest), _ids(FIRST, SECOND));
        _contestRefused(10, Signer.sign(FIRST + SECOND, digest), _ids(FIRST));
        _contestRefused(10, Signer.sign(SECOND, digest), _ids(FIRST));
        _contestRefused(10, Signer.sign(FIRST, rewards.hashContest(9)), _ids(FIRST));
        _contestRefused(10, Signer.sign(FIRST, rewards.hashContest(11)), _ids(FIRST));
        _contestRefused(10, Signer.sign(FIRST, rewards.hashEpochReport(_reportOf(10))), _ids(FIRST));
        vm.chainId(12_345);
        BLS.G2Point memory elsewhere = Signer.sign(FIRST, rewards.hashContest(10));
        vm.chainId(31_337);
        _contestRefused(10, elsewhere, _ids(FIRST));
        BLS.G2Point memory zero;
        vm.expectRevert(abi.encodeWithSelector(IServiceNodeRegistry.SignatureAtInfinity.selector));
        rewards.contestSigned(10, zero, _ids(FIRST));
        uint64 inverse = _register(Signer.ORDER - FIRST, OPERATOR);
        vm.expectRevert(abi.encodeWithSelector(IServiceNodeRegistry.KeyAtInfinity.selector));
        rewards.contestSigned(10, zero, _ids(FIRST, inverse));
        // And a contest records no report.
        BLS.G2Point memory signature = Signer.sign(REST, digest);
        bytes32 reported = rewards.hashEpochReport(_reportOf(9));
        vm.expectRevert(abi.encodeWithSelector(IServiceNodeRegistry.InvalidSignature.selector, reported));
        rewards.reportEpoch(_reportOf(9), signature, none, none);
    }

    function test_P111_contestSigned_refuses_bad_lists_before_the_pairing() public {
        _close(9);
        bytes memory nobody = abi.encodeWithSelector(IContests.NobodyToContest.selector, 10);
        rewards.setState(2, NodeState.Pending);
        rewards.setState(3, NodeState.Exited);
        _contestUnpaired(10, none, nobody);
        _contestUnpaired(10, _range(1, 3), nobody);
        _contestUnpaired(10, _ids(uint64(N) + 1), nobody);
        _contestUnpaired(
            10, _ids(SECOND, FIRST), abi.encodeWithSelector(IServiceNodeRegistry.UnsortedIds.selector, SECOND, FIRST)
        );
        _contestUnpaired(
            10, _ids(FIRST, FIRST), abi.encodeWithSelector(IServiceNodeRegistry.DuplicateId.selector, FIRST)
        );
        _contestUnpaired(10, _ids(0, FIRST), _unknownId(0));
        _contestUnpaired(10, _ids(FIRST, uint64(N) + 1), _unknownId(N + 1));
        _contestUnpaired(
            10, _ids(FIRST, SECOND), abi.encodeWithSelector(IServiceNodeRegistry.InvalidPoint.selector)
        );
    }

    function test_P29_P111_a_pause_stops_no_contest() public {
        _pass(48, REST);
        rewards.dropSilent(_ids(FIRST, SECOND));
        rewards.pause(1 days);
        rewards.contest(FIRST);
        _contest(SECOND, _ids(SECOND));
        _assertStakes(18, 2, 0);
    }

    // --- helpers ---

    /// @dev A pending node of two, which is operated by OPERATOR.
    function _pooled() private returns (uint64) {
        Contributor[] memory contributors = new Contributor[](2);
        contributors[0] = Contributor(OPERATOR, OPERATOR, STAKE / 2);
        contributors[1] = Contributor(CONTRIBUTOR, CONTRIBUTOR, STAKE / 2);
        Registration memory registration = _registration(50, OPERATOR);
        token.transfer(OPERATOR, STAKE);
        vm.prank(OPERATOR);
        token.approve(address(rewards), STAKE);
        vm.prank(OPERATOR);
        return rewards.addBLSPublicKey(registration, contributors);
    }

    function _contestRefused(uint64 epoch, BLS.G2Point memory signature, uint64[] memory signers) private {
        bytes32 digest = rewards.hashContest(epoch);
        vm.expectRevert(abi.encodeWithSelector(IServiceNodeRegistry.InvalidSignature.selector, digest));
        rewards.contestSigned(epoch, signature, signers);
    }
}
