// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EpochReport, IEpochReports} from "../../contracts/interfaces/IEpochReports.sol";
import {Contributor, IServiceNodeRegistry, NodeState, Registration, SeedNode} from
    "../../contracts/interfaces/IServiceNodeRegistry.sol";
import {IServiceNodeRewards} from "../../contracts/interfaces/IServiceNodeRewards.sol";
import {RewardsStorage} from "../../contracts/libraries/RewardsStorage.sol";
import {ServiceNodeRewards} from "../../contracts/ServiceNodeRewards.sol";
import {ReportTest} from "./support/ReportTest.sol";
import {Signer} from "./support/Signer.sol";
import {vm} from "./support/Vm.sol";

/// @dev A cheatcode that only these tests use.
interface StorageVm {
    function store(address target, bytes32 slot, bytes32 value) external;
    function load(address target, bytes32 slot) external view returns (bytes32);
}

/// @dev The largest numbers that the contract takes: every stake is 2^64 - 1.
contract ExtremeTest is ReportTest {
    StorageVm private constant storageVm = StorageVm(address(vm));
    uint128 private constant LARGEST_STAKE = type(uint64).max;
    uint256 private constant N = 20;
    address private constant OPERATOR = address(0x0e);

    /// @dev The words of the layout that hold node counts and sums of stakes (docs/contracts/storage.md).
    uint256 private constant COUNTS_SLOT = 7;

    /// @dev What a deployment of these tests begins with.
    uint128 private requirement = LARGEST_STAKE;
    uint64 private epochLength = 1 hours;

    function setUp() public override {
        super.setUp();
        // The test's balance, in the first slot of ERC-20: no supply of a test's token suffices.
        storageVm.store(
            address(token), keccak256(abi.encode(address(this), 0)), bytes32(uint256(type(uint128).max))
        );
        _startWithStakes(N, LARGEST_STAKE);
    }

    function test_P22_P24_sums_and_quorums_of_the_largest_stakes_are_exact() public {
        assertEq(rewards.activeStake(), N * LARGEST_STAKE);
        assertEq(rewards.principal(), N * uint256(LARGEST_STAKE));
        _close(0);
        // 13 of 20 are below two thirds and 14 above; 18 move no money, 19 do.
        _refuse(
            _reportOf(0),
            _sumTo(13),
            _range(14, 20),
            none,
            abi.encodeWithSelector(
                IServiceNodeRewards.QuorumNotReached.selector, 13 * LARGEST_STAKE, 20 * LARGEST_STAKE, 6_667
            )
        );
        _submit(_reportOf(0), _sumTo(18), _ids(19, 20), none);
        assertTrue(!rewards.isPayable(0), "18 of 20");
        _submit(_reportOf(0), _sumTo(19), _ids(20), none);
        assertTrue(rewards.isPayable(0), "19 of 20");
    }

    function test_P24_exactly_6667_bps_record_a_report() public {
        // Two nodes of 3,333 and one of 3,334.
        requirement = 3_333;
        _deploy();
        SeedNode[] memory seeds = _seeds(3);
        SeedNode[] memory one = new SeedNode[](1);
        for (uint256 i = 0; i < 3; ++i) {
            if (i == 2) rewards.setStakingRequirement(3_334);
            one[0] = seeds[i];
            one[0].contributors[0].stake = i == 2 ? 3_334 : 3_333;
            rewards.seedPublicKeyList(one);
        }
        token.transfer(address(rewards), rewards.principal());
        rewards.start();
        _close(0);
        _submit(_reportOf(0), 1 + 3, _ids(2), none);
        assertEq(rewards.acceptedReports(), 1);
        // The other part alone is a third.
        _close(1);
        _refuse(
            _reportOf(1),
            2,
            _ids(1, 3),
            none,
            abi.encodeWithSelector(IServiceNodeRewards.QuorumNotReached.selector, 3_333, 10_000, 6_667)
        );
    }

    function test_P35_P36_the_largest_stake_comes_back_whole() public {
        _decommission(_ids(5), _sumTo(N));
        uint256 decommissionedAt = vm.getBlockTimestamp();
        assertEq(rewards.decommissionedStake(), LARGEST_STAKE);
        for (uint256 i = 0; i < 168; ++i) _next(_sumTo(N) - 5);
        vm.prank(address(0xcafe));
        rewards.liquidateBLSPublicKey(5);
        uint256 share = uint256(LARGEST_STAKE) * 3 / 10_000;
        uint256 poolShare = uint256(LARGEST_STAKE) * 17 / 10_000;
        assertEq(token.balanceOf(address(0xcafe)), share);
        rewards.initiateExitBLSPublicKey(6);
        vm.warp(decommissionedAt + 30 days + 15 days);
        rewards.exitBLSPublicKey(6);
        uint256 before = token.balanceOf(address(this));
        rewards.withdrawPrincipal(5);
        rewards.withdrawPrincipal(6);
        assertEq(token.balanceOf(address(this)) - before, 2 * uint256(LARGEST_STAKE) - share - poolShare);
        assertEq(rewards.principal(), (N - 2) * uint256(LARGEST_STAKE));
    }

    function test_P40_owing_the_largest_number_is_never_payable() public {
        _close(0);
        EpochReport memory report = _reportOf(0);
        report.totalOwed = type(uint256).max;
        _submit(report, _sumTo(N), none, none);
        assertEq(rewards.acceptedReports(), 1);
        assertTrue(!rewards.isPayable(0), "not payable");
        _refuse(
            report,
            _sumTo(N),
            none,
            none,
            abi.encodeWithSelector(
                IEpochReports.OwedExceedsReleased.selector,
                type(uint256).max,
                pool.released(vm.getBlockTimestamp())
            )
        );
    }

    function test_P36_of_the_smallest_stakes_the_shares_are_nothing() public {
        // 17 bps of 588 are less than one unit.
        requirement = 588;
        _deploy();
        _startWithStakes(3, 588);
        _decommission(_ids(3), 6);
        uint256 decommissionedAt = vm.getBlockTimestamp();
        for (uint256 i = 0; i < 168; ++i) _next(3);
        uint256 poolBalance = token.balanceOf(address(pool));
        vm.prank(address(0xcafe));
        rewards.liquidateBLSPublicKey(3);
        assertEq(token.balanceOf(address(0xcafe)), 0);
        assertEq(token.balanceOf(address(pool)), poolBalance);
        vm.warp(decommissionedAt + 30 days);
        uint256 before = token.balanceOf(address(this));
        rewards.withdrawPrincipal(3);
        assertEq(token.balanceOf(address(this)) - before, 588);
    }

    function test_P37_of_an_odd_epoch_the_first_record_has_the_smaller_half() public {
        epochLength = 3;
        requirement = STAKE;
        _deploy();
        _startWithStakes(1, STAKE);
        uint256 end = rewards.genesis() + 3;
        vm.warp(end + 1);
        _refuse(
            _reportOf(0),
            1,
            none,
            none,
            abi.encodeWithSelector(IEpochReports.OutsideWindow.selector, 0, end, end + 1)
        );
        vm.warp(end);
        _submit(_reportOf(0), 1, none, none);
    }

    function test_P27_stakes_that_would_overflow_their_sum_are_refused() public {
        Registration memory registration = _registration(50, OPERATOR);
        Contributor[] memory contributors = new Contributor[](10);
        uint256 sum = 10 * uint256(type(uint128).max);
        for (uint160 i = 0; i < 10; ++i) {
            contributors[i] = Contributor(i == 0 ? OPERATOR : address(i), address(1), type(uint128).max);
        }
        vm.prank(OPERATOR);
        vm.expectRevert(abi.encodeWithSelector(IServiceNodeRegistry.StakeMismatch.selector, sum, LARGEST_STAKE));
        rewards.addBLSPublicKey(registration, contributors);
        // One unit too much, in the part of somebody else.
        contributors = _solo(OPERATOR);
        contributors[0].stake = LARGEST_STAKE + 1;
        vm.prank(OPERATOR);
        vm.expectRevert(
            abi.encodeWithSelector(
                IServiceNodeRegistry.StakeMismatch.selector, uint256(LARGEST_STAKE) + 1, LARGEST_STAKE
            )
        );
        rewards.addBLSPublicKey(registration, contributors);
    }

    function test_P28_2_percent_of_the_nodes_register_in_a_block_when_that_is_more_than_20() public {
        // As with 1,050 nodes: 2% are 21.
        bytes32 slot = bytes32(uint256(RewardsStorage.LOCATION) + COUNTS_SLOT);
        uint256 word = uint256(storageVm.load(address(rewards), slot));
        assertEq(word >> 224, N);
        storageVm.store(address(rewards), slot, bytes32((word & (type(uint256).max >> 32)) | (1_030 << 224)));
        assertEq(rewards.nodeCount(), 1_030);
        _require(STAKE);
        for (uint256 i = 0; i < 20; ++i) _register(100 + i, OPERATOR);
        // The share is of the nodes that are there at each registration: now 1,050.
        _register(150, OPERATOR);
        Registration memory registration = _registration(151, OPERATOR);
        vm.prank(OPERATOR);
        vm.expectRevert(abi.encodeWithSelector(IServiceNodeRegistry.TooManyRegistrations.selector, 21));
        rewards.addBLSPublicKey(registration, _solo(OPERATOR));
    }

    function test_P20_the_last_ids_of_a_word_and_the_first_of_the_next() public {
        // Ids 255 and 256 are in different words of the bitmap.
        _require(STAKE);
        for (uint256 i = N + 1; i <= 257; ++i) {
            if (i % 20 == 0) vm.roll(block.number + i);
            _register(i, OPERATOR);
        }
        _activate(_range(254, 257), _sumTo(N));
        assertEq(rewards.activeBitmap(0) >> 254, 3);
        assertEq(rewards.activeBitmap(1), 3);
        uint256 all = _sumTo(N) + 254 + 255 + 256 + 257;
        bytes32 digest = keccak256("message");
        (uint256 signedActive,) = rewards.verify(digest, Signer.sign(all - 255 - 256, digest), _ids(255, 256), none);
        assertEq(signedActive, N * LARGEST_STAKE + 2 * STAKE);
        (signedActive,) = rewards.verify(digest, Signer.sign(all + 253, digest), none, _ids(253, 256));
        assertEq(signedActive, N * LARGEST_STAKE + 4 * STAKE);
        assertEq(uint256(rewards.node(253).state), uint256(NodeState.Pending));
    }

    function _parameters() internal view override returns (ServiceNodeRewards.Parameters memory parameters) {
        parameters = super._parameters();
        (parameters.stakingRequirement, parameters.epochSeconds) = (requirement, epochLength);
    }

    function _startWithStakes(uint256 count, uint128 stake) private {
        SeedNode[] memory seeds = _seeds(count);
        for (uint256 i = 0; i < count; ++i) seeds[i].contributors[0].stake = stake;
        rewards.seedPublicKeyList(seeds);
        token.transfer(address(rewards), rewards.principal());
        rewards.start();
    }

    /// @dev As after the changes of some years: each goes to half at most (P-115).
    function _require(uint128 stake) private {
        bytes32 slot = bytes32(uint256(RewardsStorage.LOCATION) + COUNTS_SLOT);
        uint256 word = uint256(storageVm.load(address(rewards), slot));
        word = (word & ~(uint256(type(uint64).max) << 64)) | (uint256(stake) << 64);
        storageVm.store(address(rewards), slot, bytes32(word));
        assertEq(rewards.stakingRequirement(), stake);
    }
}
