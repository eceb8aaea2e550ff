// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {BLS} from "solady/src/utils/ext/ithaca/BLS.sol";
import {IContests} from "../../contracts/interfaces/IContests.sol";
import {EpochReport, IEpochReports} from "../../contracts/interfaces/IEpochReports.sol";
import {IServiceNodeRegistry, NodeState} from "../../contracts/interfaces/IServiceNodeRegistry.sol";
import {IServiceNodeRewards} from "../../contracts/interfaces/IServiceNodeRewards.sol";
import {Signer} from "./support/Signer.sol";
import {SilenceTest} from "./support/SilenceTest.sol";
import {vm} from "./support/Vm.sol";

/// @dev P-39: whoever a record left out is shown, and nobody can keep others from being shown or paid.
contract ShowingTest is SilenceTest {
    uint256 private constant N = 20;
    uint256 private constant ALL = N * (N + 1) / 2;
    /// @dev A pending node.
    uint64 private constant PENDING = 21;
    uint256 private constant PENDING_SECRET = 50;
    address private constant OPERATOR = address(0x0e);

    function setUp() public override {
        super.setUp();
        _startWith(N);
        _register(PENDING_SECRET, OPERATOR);
        _close(0);
    }

    // --- who is shown ---

    function test_P39_whoever_a_record_left_out_is_shown() public {
        EpochReport memory report = _reportOf(0);
        _submit(report, _sumTo(14), _range(15, 20), none);
        BLS.G2Point memory signature = Signer.sign(15 + 17 + PENDING_SECRET, rewards.hashEpochReport(report));
        uint64[] memory signers = new uint64[](3);
        (signers[0], signers[1], signers[2]) = (15, 17, PENDING);
        vm.expectEmit(address(rewards));
        emit IEpochReports.SignersShown(0, address(0xcafe), signature, signers);
        vm.prank(address(0xcafe));
        rewards.showSigners(0, signature, signers);
        // It counts for no record, and changes nothing about nodes that are not decommissioned.
        _assertStakes(N, 0, 0);
        assertEq(rewards.acceptedReports(), 1);
        assertEq(rewards.node(15).heardAtReport, 0);
        assertTrue(!rewards.isPayable(0), "not payable");
    }

    function test_P39_any_stake_suffices() public {
        rewards.setState(20, NodeState.Decommissioned);
        EpochReport memory report = _reportOf(0);
        _submit(report, _sumTo(19), none, none);
        // One active node, one pending, one decommissioned, and everyone.
        _show(report, 7, _ids(7));
        _show(report, PENDING_SECRET, _ids(PENDING));
        _show(report, 20, _ids(20));
        _show(report, ALL + PENDING_SECRET, _range(1, PENDING));
    }

    function test_P39_decommissioned_signers_are_heard() public {
        rewards.setState(19, NodeState.Decommissioned);
        rewards.setState(20, NodeState.Decommissioned);
        EpochReport memory report = _reportOf(0);
        _submit(report, _sumTo(18), none, none);
        BLS.G2Point memory signature = Signer.sign(3 + 19 + 20, rewards.hashEpochReport(report));
        uint64[] memory signers = new uint64[](3);
        (signers[0], signers[1], signers[2]) = (3, 19, 20);
        vm.expectEmit(address(rewards));
        emit IEpochReports.SignersShown(0, address(this), signature, signers);
        vm.expectEmit(address(rewards));
        emit IContests.ServiceNodesHeard(_ids(19, 20));
        rewards.showSigners(0, signature, signers);
        assertEq(rewards.node(19).heardAtReport, 1);
        assertEq(rewards.node(20).heardAtReport, 1);
        _assertStakes(18, 2, 0);
    }

    function test_P39_an_exited_nodes_key_is_added_and_it_is_not_heard() public {
        rewards.setState(19, NodeState.Exited);
        rewards.setState(20, NodeState.Decommissioned);
        EpochReport memory report = _reportOf(0);
        _submit(report, _sumTo(18), none, none);
        bytes32 digest = rewards.hashEpochReport(report);
        BLS.G2Point memory signature = Signer.sign(19 + 20, digest);
        vm.expectEmit(address(rewards));
        emit IEpochReports.SignersShown(0, address(this), signature, _ids(19, 20));
        vm.expectEmit(address(rewards));
        emit IContests.ServiceNodesHeard(_ids(20));
        rewards.showSigners(0, signature, _ids(19, 20));
        assertEq(rewards.node(19).heardAtReport, 0);
        _assertState(19, NodeState.Exited);
        // Its signature alone shows nobody, and without it the list is another.
        _showUnpaired(0, _ids(19), abi.encodeWithSelector(IEpochReports.NobodyToShow.selector, 0));
        _showRefused(0, Signer.sign(20, digest), _ids(19, 20), digest);
    }

    function test_P39_a_showing_may_be_repeated() public {
        EpochReport memory report = _reportOf(0);
        _submit(report, _sumTo(14), _range(15, 20), none);
        for (uint256 i = 0; i < 3; ++i) {
            _show(report, 15, _ids(15));
            _show(report, 15 + 16, _ids(15, 16));
        }
    }

    function test_P29_P39_a_pause_stops_no_showing() public {
        EpochReport memory report = _reportOf(0);
        _submit(report, _sumTo(14), _range(15, 20), none);
        rewards.pause(1 days);
        _show(report, 15, _ids(15));
    }

    // --- what is refused, before the pairing ---

    function test_P39_from_the_first_record_until_the_next_epoch_has_ended() public {
        bytes memory noRecord = abi.encodeWithSelector(IEpochReports.NoRecord.selector, 0);
        _showUnpaired(0, _ids(15), noRecord);
        EpochReport memory report = _reportOf(0);
        _submit(report, _sumTo(14), _range(15, 20), none);
        uint256 end = rewards.genesis() + EPOCH;
        vm.warp(end + EPOCH - 1);
        _show(report, 15, _ids(15));
        vm.warp(end + EPOCH);
        _showUnpaired(
            0, _ids(15), abi.encodeWithSelector(IEpochReports.OutsideWindow.selector, 0, end, end + EPOCH)
        );
        _showUnpaired(1, _ids(15), abi.encodeWithSelector(IEpochReports.NoRecord.selector, 1));
        _showUnpaired(
            type(uint64).max, _ids(15), abi.encodeWithSelector(IEpochReports.NoRecord.selector, type(uint64).max)
        );
        _deploy();
        _showUnpaired(0, _ids(15), noRecord);
    }

    function test_P39_refuses_ids_that_are_unknown_unsorted_or_named_twice() public {
        EpochReport memory report = _reportOf(0);
        _submit(report, _sumTo(14), _range(15, 20), none);
        _showUnpaired(0, _ids(17, 15), abi.encodeWithSelector(IServiceNodeRegistry.UnsortedIds.selector, 17, 15));
        _showUnpaired(0, _ids(15, 15), abi.encodeWithSelector(IServiceNodeRegistry.DuplicateId.selector, 15));
        _showUnpaired(0, _ids(0, 15), _unknownId(0));
        _showUnpaired(0, _ids(15, PENDING + 1), _unknownId(PENDING + 1));
        _showUnpaired(0, _ids(15, type(uint64).max), _unknownId(type(uint64).max));
        // In order and known, the signature is looked at.
        _showUnpaired(0, _ids(15, 17), abi.encodeWithSelector(IServiceNodeRegistry.InvalidPoint.selector));
    }

    function test_P39_refuses_to_show_nobody() public {
        _submit(_reportOf(0), ALL, none, none);
        rewards.setState(19, NodeState.Exited);
        rewards.setState(20, NodeState.Exited);
        bytes memory nobody = abi.encodeWithSelector(IEpochReports.NobodyToShow.selector, 0);
        _showUnpaired(0, none, nobody);
        _showUnpaired(0, _ids(19, 20), nobody);
        _showUnpaired(0, _ids(PENDING + 1), nobody);
        _showUnpaired(0, _ids(0), nobody);
    }

    // --- what the pairing refuses ---

    function test_P39_the_signature_is_of_exactly_the_listed_nodes_over_the_recorded_digest() public {
        EpochReport memory report = _reportOf(0);
        _submit(report, _sumTo(14), _range(15, 20), none);
        bytes32 digest = rewards.hashEpochReport(report);
        // One too many, one too few, another one.
        _showRefused(0, Signer.sign(15, digest), _ids(15, 16), digest);
        _showRefused(0, Signer.sign(15 + 16, digest), _ids(15), digest);
        _showRefused(0, Signer.sign(15, digest), _ids(16), digest);
        // Of another report of the epoch, of another epoch, another kind, another chain.
        EpochReport memory other = _reportOf(0);
        other.totalOwed = 1;
        _showRefused(0, Signer.sign(15, rewards.hashEpochReport(other)), _ids(15), digest);
        _showRefused(0, Signer.sign(15, rewards.hashEpochReport(_reportOf(1))), _ids(15), digest);
        _showRefused(0, Signer.sign(15, rewards.hashContest(1)), _ids(15), digest);
        vm.chainId(12_345);
        BLS.G2Point memory elsewhere = Signer.sign(15, rewards.hashEpochReport(report));
        vm.chainId(31_337);
        _showRefused(0, elsewhere, _ids(15), digest);
        // The infinity signature, and keys that cancel.
        BLS.G2Point memory zero;
        vm.expectRevert(abi.encodeWithSelector(IServiceNodeRegistry.SignatureAtInfinity.selector));
        rewards.showSigners(0, zero, _ids(15));
        uint64 inverse = _register(Signer.ORDER - 15, OPERATOR);
        vm.expectRevert(abi.encodeWithSelector(IServiceNodeRegistry.KeyAtInfinity.selector));
        rewards.showSigners(0, zero, _ids(15, inverse));
    }

    // --- nobody makes another's call fail ---

    function test_P39_hidden_signers_landed_first_make_no_fuller_record_fail() public {
        EpochReport memory report = _reportOf(0);
        bytes32 digest = rewards.hashEpochReport(report);
        BLS.G2Point memory full = Signer.sign(ALL, digest);
        // The attacker lands the least record it can, 14 of 20, then shows the hidden ones one at a time, alone and in
        // mixed sets: each before the honest call, which was made for the state before.
        _submit(report, _sumTo(14), _range(15, 20), none);
        for (uint64 x = 15; x <= 20; ++x) {
            _show(report, x, _ids(x));
            _show(report, _sumTo(14) + x, _with(x));
        }
        rewards.reportEpoch(report, full, none, none);
        assertTrue(rewards.isPayable(0), "payable");
    }

    function test_P39_a_record_landed_first_only_does_what_the_later_one_was_for() public {
        EpochReport memory report = _reportOf(0);
        // The honest first record is in the mempool; the attacker's is the epoch's first. Then it was the later one.
        _submit(report, _sumTo(14), _range(15, 20), none);
        _submit(report, ALL, none, none);
        assertTrue(rewards.isPayable(0), "payable");
        // A copy, or another set that suffices, that comes before it has made the root payable.
        report = _reportOf(_closeRunning());
        _submit(report, _sumTo(14), _range(15, 20), none);
        _submit(report, _sumTo(19), _ids(20), none);
        _refuse(report, ALL, none, none, abi.encodeWithSelector(IEpochReports.AlreadyPayable.selector, 1));
        assertTrue(rewards.isPayable(1), "payable");
        // Records that do not suffice are refused, so nothing of them stands in the way.
        report = _reportOf(_closeRunning());
        _submit(report, _sumTo(14), _range(15, 20), none);
        for (uint64 x = 15; x <= 18; ++x) {
            _refuse(
                report,
                _sumTo(x),
                _range(x + 1, 20),
                none,
                abi.encodeWithSelector(IServiceNodeRewards.QuorumNotReached.selector, x * STAKE, 20 * STAKE, 9_500)
            );
        }
        _submit(report, ALL, none, none);
        assertTrue(rewards.isPayable(2), "payable");
    }

    function test_P39_no_call_makes_a_showing_fail() public {
        EpochReport memory report = _reportOf(0);
        report.decommission = _ids(15);
        _submit(report, _sumTo(14), _range(15, 20), none);
        bytes32 digest = rewards.hashEpochReport(report);
        BLS.G2Point memory signature = Signer.sign(15 + 16 + 17, digest);
        // The same, parts of it, more than it; one of the shown has been decommissioned and dropped, one has exited;
        // the root has become payable; the network is paused.
        rewards.showSigners(0, signature, _range(15, 17));
        _show(report, 15, _ids(15));
        _show(report, ALL, _range(1, 20));
        rewards.dropFromFloor(_ids(15));
        rewards.setState(16, NodeState.Exited);
        _submit(report, ALL - 15 - 16, none, none);
        rewards.pause(1 days);
        rewards.showSigners(0, signature, _range(15, 17));
    }

    function test_P39_a_hidden_signer_is_shown_after_activations() public {
        // The attack: the record's own activations make the quorum of any later record unreachable for a hidden signer.
        uint64[] memory late = new uint64[](4);
        late[0] = PENDING;
        for (uint64 i = 1; i < 4; ++i) late[i] = _register(100 + i, OPERATOR);
        EpochReport memory report = _reportOf(0);
        report.activate = late;
        _submit(report, _sumTo(14), _range(15, 20), none);
        assertEq(rewards.activeStake(), 24 * STAKE);
        _refuse(
            report,
            _sumTo(15),
            _range(16, 24),
            none,
            abi.encodeWithSelector(IServiceNodeRewards.QuorumNotReached.selector, 15 * STAKE, 24 * STAKE, 9_500)
        );
        for (uint64 x = 15; x <= 20; ++x) _show(report, x, _ids(x));
        _show(report, _sumTo(15), _range(1, 15));
    }

    function test_P39_what_a_cartel_shows_at_the_last_second_makes_the_root_payable() public {
        // A tenth of the stake withholds its shares, and shows itself when it can no longer be absent for it.
        EpochReport memory report = _reportOf(0);
        bytes32 digest = rewards.hashEpochReport(report);
        BLS.G2Point memory recorded = Signer.sign(_sumTo(18), digest);
        rewards.reportEpoch(report, recorded, _ids(19, 20), none);
        uint256 end = rewards.genesis() + EPOCH;
        vm.warp(end + EPOCH - 1);
        BLS.G2Point memory shown = Signer.sign(39, digest);
        rewards.showSigners(0, shown, _ids(19, 20));
        // Anybody adds the two signatures that are on the chain: a whole epoch is left for that.
        BLS.G2Point memory sum = BLS.add(recorded, shown);
        vm.warp(end + 2 * EPOCH - 1);
        vm.prank(address(0xcafe));
        rewards.reportEpoch(report, sum, none, none);
        assertTrue(rewards.isPayable(0), "payable from the chain alone");
        // One second later it could not have been shown.
        report = _reportOf(_closeRunning());
        _submit(report, _sumTo(18), _ids(19, 20), none);
        end = vm.getBlockTimestamp();
        vm.warp(end + EPOCH);
        _showUnpaired(
            report.epoch,
            _ids(19, 20),
            abi.encodeWithSelector(IEpochReports.OutsideWindow.selector, report.epoch, end, end + EPOCH)
        );
    }

    // --- helpers ---

    /// @dev Nodes 1 to 14 and another.
    function _with(uint64 x) private pure returns (uint64[] memory ids) {
        ids = new uint64[](15);
        for (uint64 i = 0; i < 14; ++i) ids[i] = i + 1;
        ids[14] = x;
    }

    function _showRefused(uint64 epoch, BLS.G2Point memory signature, uint64[] memory signers, bytes32 digest) private {
        vm.expectRevert(abi.encodeWithSelector(IServiceNodeRegistry.InvalidSignature.selector, digest));
        rewards.showSigners(epoch, signature, signers);
    }
}
